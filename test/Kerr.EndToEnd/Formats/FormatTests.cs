using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>Every form of an image, and every way to name one.</summary>
public class FormatTests
{
    private static string? squashFs;

    private static string SquashFs => squashFs ??= Images.New().SquashFs("bare.sqfs");

    private static Result Probe(Caller caller, string image) => caller.Run("exec", image, "head", "-1", "/etc/os-release");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_bare_squashfs_is_an_image(Profile profile)
        => Probe(As.By(profile), SquashFs).Prints("ID=busybox-test");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void An_image_of_2_x_with_its_launch_line_is_an_image(Profile profile)
    {
        string image = $"{Host.Directory()}/old.simg";
        using (FileStream file = File.Create(image))
        {
            file.Write("#!/usr/bin/env run-singularity\n"u8);
            using FileStream squash = File.OpenRead(SquashFs);
            squash.CopyTo(file);
        }

        Probe(As.By(profile), image).Prints("ID=busybox-test");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("lzo")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public void Every_compression_is_read(string compression)
        => Probe(As.User, Images.New().Script("/.singularity.d/env/90-environment.sh", "export X=1\n").SquashFs("c.sqfs", "-comp", compression)).Prints("ID=busybox-test");

    [Theory]
    [InlineData("name:with:colons.sif")]
    [InlineData("no-extension")]
    [InlineData("odd.txt")]
    [InlineData("f89f24.simg")]
    [InlineData("with space.sif")]
    [InlineData("-dash.sif")]
    [InlineData("gr\u00FC\u00DFe.sif")]
    public void A_name_is_only_a_name(string name)
    {
        string directory = Host.Directory();
        string source = Images.Sif;
        As.Root.Named("/bin/cp").Run(source, $"{directory}/{name}").Succeeds();
        Probe(As.User, $"{directory}/{name}").Prints("ID=busybox-test");
        if (name[0] != '-')
        {
            Probe(As.User.In(directory), name).Prints("ID=busybox-test");
        }

        Probe(As.User.In(directory), $"./{name}").Prints("ID=busybox-test");
        Assert.Equal($"{directory}/{name}\n", As.User.Run("exec", $"{directory}/{name}", "printenv", "APPTAINER_CONTAINER").Out);
    }

    [Fact]
    public void A_relative_directory_and_a_link_are_images()
    {
        string image = Images.Directory;
        Probe(As.User.In(Path.GetDirectoryName(image)!), Path.GetFileName(image)).Prints("ID=busybox-test");
        Probe(As.User.In(image), ".").Prints("ID=busybox-test");
        string link = $"{Host.Directory()}/link.sif";
        File.CreateSymbolicLink(link, Images.Sif);
        Probe(As.User, link).Prints("ID=busybox-test");
        string directoryLink = $"{Host.Directory()}/link";
        Directory.CreateSymbolicLink(directoryLink, image);
        Probe(As.User, directoryLink).Prints("ID=busybox-test");
    }

    [Fact]
    public void A_SIF_file_runs_by_itself()
    {
        string image = Images.New().Script("/.singularity.d/runscript", "#!/bin/sh\necho \"ran with $# [$*]\"\nexit 4\n").Sif();
        File.SetUnixFileMode(image, Modes.Everybody);
        Caller user = As.User.Named(image).With($"PATH={Tree.Root}/bin:{Caller.DefaultPath}");
        Result result = user.Run("a b", "--pid").Ends(4).Silent();
        Assert.Equal("ran with 2 [a b --pid]", result.Line);
    }

    [Fact]
    public void A_directory_without_anything_but_a_program_is_an_image()
    {
        string image = new ImageTree().Copy("/hello", StaticPrograms.Exit37).Path;
        As.User.Run("exec", image, "/hello").Ends(37).Silent();
        As.Root.Run("exec", image, "/hello").Ends(37).Silent();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/no/such/image.sif")]
    [InlineData("/etc/passwd")]
    [InlineData("/dev/null")]
    public void What_is_no_image_is_said(string image)
        => As.User.Run("exec", image, "true").IsFatal(image);

    [Fact]
    public void An_image_that_may_not_be_read_is_said()
    {
        string image = $"{Host.Directory()}/closed.sif";
        File.Copy(Images.Sif, image);
        File.SetUnixFileMode(image, Modes.OwnerOnly);
        As.User.Run("exec", image, "true").IsFatal("closed.sif");
        As.User.Run("exec", Path.GetDirectoryName(image) + "/none.sif", "true").IsFatal("none.sif");
    }

    [Theory]
    [InlineData(1000)]          // in the header's descriptors
    [InlineData(40_000)]        // in the first objects
    [InlineData(-4096)]         // the last block is missing
    public void A_truncated_SIF_is_said(int length)
    {
        byte[] bytes = File.ReadAllBytes(Images.Sif);
        string image = $"{Host.Directory()}/short.sif";
        File.WriteAllBytes(image, bytes[..(length > 0 ? length : bytes.Length + length)]);
        As.User.Run("exec", image, "true").IsFatal("short.sif");
    }

    [Fact]
    public void An_image_for_another_processor_is_said()
    {
        byte[] bytes = File.ReadAllBytes(Images.Sif);
        "04"u8.CopyTo(bytes.AsSpan(45));       // arm64 in the header
        int partition = System.Array.IndexOf(bytes, (byte)'2', 4096);
        for (int i = 4096; i + 3 < 32176; i++)
        {
            if (bytes[i] == '0' && bytes[i + 1] == '2' && bytes[i + 2] == 0)
            {
                bytes[i + 1] = (byte)'4';       // and in the partition's descriptor
            }
        }

        string image = $"{Host.Directory()}/arm.sif";
        File.WriteAllBytes(image, bytes);
        As.User.Run("exec", image, "true").IsFatal("could not run on the host's");
    }
}
