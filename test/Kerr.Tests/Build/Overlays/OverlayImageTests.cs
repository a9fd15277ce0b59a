using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kerr.Build.Assembly;
using Kerr.Build.Overlays;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Build.Overlays;

public sealed class OverlayImageTests : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private readonly TemporaryDirectory directory = new();
    private readonly OverlayImageOptions options;

    public OverlayImageTests()
    {
        Need.Program("mke2fs");
        options = new OverlayImageOptions { Sparse = true, TemporaryDirectory = directory.Path };
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Makes_an_ext3_of_that_size_with_upper_and_work()
    {
        string path = directory.File("o.img");

        OverlayImage.Create(path, options with { Size = 70, Directories = ["/usr/local/it", "other/../third"] });

        using ImageFile image = ImageFile.Open(path);
        Assert.Equal((ImageKind.Ext3, 70 * Mebibyte), (image.Kind, image.RequireRoot().Size));
        Assert.Equal(["lost+found", "upper", "work"], List(path, "/"));
        Assert.Equal(["third", "usr"], List(path, "/upper"));
        Assert.Equal(["it"], List(path, "/upper/usr/local"));
        Check(path);
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Takes_its_blocks_now_or_when_they_are_written(bool sparse)
    {
        string path = directory.File("o.img");

        OverlayImage.Create(path, options with { Sparse = sparse });

        long taken = long.Parse(Run("stat", "-c", "%b", path), null) * 512;
        Assert.Equal(64 * Mebibyte, new FileInfo(path).Length);
        Assert.True(sparse ? taken < 32 * Mebibyte : taken >= 64 * Mebibyte, $"{taken} bytes are taken");
    }

    [Fact]
    public void What_is_for_fakeroot_belongs_to_root()
    {
        string path = directory.File("o.img");

        OverlayImage.Create(path, options with { Fakeroot = true, Directories = ["/opt/it"] });

        foreach (string inside in (string[])["/", "/upper", "/work", "/upper/opt", "/upper/opt/it"])
        {
            Assert.Matches(@"User:\s+0\s+Group:\s+0\s", Run("debugfs", "-R", $"stat {inside}", path));
        }

        Check(path);
    }

    [Theory]
    [InlineData(63, "image size must be equal or greater than 64 MiB")]
    [InlineData(-1, "image size must be equal or greater than 64 MiB")]
    [InlineData(int.MaxValue, "image size must be at most")]
    public void Sizes_that_ext3_does_not_have_are_refused(int size, string said)
        => Assert.StartsWith(said, Refused(directory.File("o.img"), options with { Size = size }).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_there_already_is_not_overwritten()
    {
        string text = directory.Write("text", "hello");
        string image = directory.File("o.img");
        OverlayImage.Create(image, options);

        Assert.Equal($"EXT3 overlay image {image} already exists", Refused(image, options).Message);
        _ = Refused(text, options);

        Assert.Equal("hello", File.ReadAllText(text));
    }

    [Fact]
    public void A_SIF_file_gets_one_overlay_partition_in_the_group_of_its_root()
    {
        string sif = Sif();

        OverlayImage.Create(sif, options with { Size = 65 });
        UserException second = Refused(sif, options);

        using ImageFile image = ImageFile.Open(sif);
        RootPartition overlay = Assert.Single(image.Partitions(SifPartitionType.Overlay));
        Assert.Equal((PartitionFileSystem.Ext3, 65 * Mebibyte, 0L), (overlay.FileSystem, overlay.Size, overlay.Offset % 4096));
        Assert.Equal(overlay.Offset + overlay.Size, new FileInfo(sif).Length);
        SifDescriptor descriptor = image.Sif!.Find(new SifSelector { Id = overlay.DescriptorId })!;
        Assert.Equal((1u, "arm64"), (descriptor.GroupId, SifExtra.Partition(descriptor).Architecture));
        Assert.Equal(["lost+found", "upper", "work"], List($"{sif}?offset={overlay.Offset}", "/"));
        Assert.Equal($"a writable overlay partition already exists in {sif} (ID: {overlay.DescriptorId})", second.Message);
        Assert.Equal($"delete it first: kerr sif del {overlay.DescriptorId} {sif}", second.Remedy);
    }

    [Fact]
    public void A_signed_SIF_file_stays_as_it_is()
    {
        string sif = Sif();
        using (SifFile file = SifFile.Open(sif, write: true))
        {
            byte[] extra = SifExtra.Of(new SifSignature(SifHashType.Sha256, new string('A', 40)));
            SifWriter.Open(file.Handle).Add(SifObject.Of(SifDataType.Signature, [1]) with { Extra = extra }, 0);
        }

        byte[] before = File.ReadAllBytes(sif);

        Assert.Equal($"SIF image {sif} is signed: could not add writable overlay", Refused(sif, options).Message);
        Assert.Equal(before, File.ReadAllBytes(sif));
    }

    [Fact]
    public void What_fails_leaves_neither_a_file_nor_a_longer_SIF()
    {
        string sif = Sif();
        byte[] before = File.ReadAllBytes(sif);
        OverlayImageOptions failing = options with { TemporaryDirectory = directory.File("no/such") };

        _ = Refused(sif, failing);
        _ = Refused(directory.File("o.img"), failing);

        Assert.Equal(before, File.ReadAllBytes(sif));
        Assert.False(File.Exists(directory.File("o.img")));
    }

    private static UserException Refused(string path, OverlayImageOptions options)
        => Assert.Throws<UserException>(() => OverlayImage.Create(path, options));

    private string Sif()
    {
        Need.Program("mksquashfs");
        directory.Write("root/etc/motd", "hello\n");
        string sif = directory.File("x.sif");
        SifAssembly.Build(directory.File("root"), sif, new SifAssemblyOptions { Architecture = "arm64" });
        return sif;
    }

    private static void Check(string image) => Run("e2fsck", "-fn", image);

    /// <summary>The names in a directory of an ext3 image, sorted.</summary>
    private static string[] List(string image, string inside)
        => [.. Run("debugfs", "-R", $"ls -p {inside}", image).Split('\n').Select(static line => line.Split('/')).Where(static fields => fields.Length > 5).Select(static fields => fields[5]).Where(static name => name is not ("." or ".." or "")).Order(StringComparer.Ordinal)];

    private static string Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {output}{errors}");
        return output;
    }
}
