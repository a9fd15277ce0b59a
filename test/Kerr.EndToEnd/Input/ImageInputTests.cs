using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Input;

/// <summary>Images that are none, or cannot be used: a message that says what it is and what to do, exit 255, nothing left.</summary>
public class ImageInputTests
{
    private const int Page = 4096;

    [Fact]
    public void A_missing_image_is_named()
        => Refused(As.User.Run("exec", "/no/such/image.sif", "true"), "/no/such/image.sif");

    [Fact]
    public void An_image_that_the_user_may_not_read_is_named()
    {
        string file = Host.Directory() + "/closed.sif";
        File.Copy(Images.Sif, file);
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        Refused(As.User.Run("exec", file, "true"), file, "not readable");

        string directory = Host.Directory();
        File.SetUnixFileMode(directory, Modes.OwnerOnly);
        Refused(As.User.Run("exec", directory, "true"), directory);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("#!/bin/sh\necho this is a script\n")]
    [InlineData("SIF_MAGIC")]
    [InlineData("\u007FELF\u0002\u0001\u0001")]
    public void A_file_that_is_no_image_is_told_as_that(string content)
    {
        string file = Host.Write(Host.Directory() + "/file", content);
        Refused(As.User.Run("exec", file, "true"), file);
        Refused(As.Root.Run("exec", file, "true"), file);
    }

    [Fact]
    public void Rubbish_of_a_megabyte_is_told_as_that()
    {
        string file = Host.Directory() + "/rubbish.sif";
        byte[] bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(file, bytes);
        Refused(As.User.Run("exec", file, "true"), file);
    }

    [Fact]
    public void An_image_for_another_processor_is_told_as_that()
    {
        string file = Host.Directory() + "/foreign.sif";
        byte[] bytes = File.ReadAllBytes(Images.Sif);
        // The system partition's descriptor: file system 1 (squashfs), kind 2 (primary), processor "02" (amd64; "04" is arm64).
        int at = bytes.AsSpan().IndexOf("\u0001\0\0\0\u0002\0\0\002"u8);
        bytes[at + 9] = (byte)'4';
        File.WriteAllBytes(file, bytes);
        Result result = As.User.Run("exec", file, "/bin/true");
        Assert.True(result.ExitCode is 255 && result.Err.Contains("arm64", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public void A_program_for_another_processor_in_a_directory_is_told_as_that()
    {
        ImageTree image = Images.New();
        byte[] bytes = File.ReadAllBytes("/bin/busybox");
        bytes[18] = 183;            // e_machine: aarch64
        File.WriteAllBytes(image.Path + "/bin/foreign", bytes);
        File.SetUnixFileMode(image.Path + "/bin/foreign", Modes.Everybody);
        As.User.Run("exec", image.Path, "/bin/foreign").Ends(255).Warns("arm64");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void A_SIF_cut_off_anywhere_is_refused_or_told_by_its_files(Profile profile)
    {
        byte[] whole = File.ReadAllBytes(Images.Sif);
        string file = Host.Directory() + "/cut.sif";
        for (int length = 0; length < whole.Length; length += Page)
        {
            File.WriteAllBytes(file, whole[..length]);
            File.SetUnixFileMode(file, Modes.Readable);
            Result result = As.By(profile).Run("exec", file, "/bin/busybox", "true");
            Assert.True(result.Signal == 0 && result.ExitCode == 255 && result.Err.Contains("FATAL: ", StringComparison.Ordinal)
                && !result.Err.Contains("internal error", StringComparison.Ordinal), $"{length} of {whole.Length}\n{result}");
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/tmp/..")]
    [InlineData("/proc/1/root")]
    public void The_root_of_the_host_is_no_image(string path)
    {
        Refused(As.User.In("/").Run("exec", path, "/bin/true"), "image /");
        Refused(As.Root.In("/").Run("exec", path, "/bin/true"), "image /");
    }

    [Fact]
    public void An_empty_directory_is_no_image_and_that_is_told()
        => Refused(As.User.Run("exec", Host.Directory(), "/bin/true"), "/bin/true");

    [Fact]
    public void A_device_node_of_an_image_cannot_be_used()
    {
        ImageTree image = Images.New();
        Host.Run("mknod", "-m", "666", image.Path + "/opt/zero", "c", "1", "5");
        foreach (string target in (string[])[image.Path, image.Sif()])
        {
            As.User.Run("exec", target, "/bin/dd", "if=/opt/zero", "of=/tmp/kerr-none", "count=1").Ends(1).Warns("Permission denied");
        }
    }

    private static void Refused(Result result, params string[] says)
    {
        result.Ends(255);
        Assert.Equal("", result.Out);
        Assert.Contains("FATAL: ", result.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", result.Err, StringComparison.Ordinal);
        foreach (string text in says)
        {
            Assert.True(result.Err.Contains(text, StringComparison.Ordinal), $"expected: {text}\n{result}");
        }

        string[] lines = result.Err.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length >= 2 && lines[^1].StartsWith("         ", StringComparison.Ordinal), $"no remedy\n{result}");
    }
}
