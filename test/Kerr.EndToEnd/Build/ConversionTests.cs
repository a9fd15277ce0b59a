using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Build;

/// <summary>Every format of an image, made a SIF file and a directory.</summary>
public class ConversionTests
{
    [Theory]
    [InlineData("directory", Profile.User)]
    [InlineData("directory", Profile.Root)]
    [InlineData("sif", Profile.User)]
    [InlineData("sif", Profile.Root)]
    [InlineData("squashfs", Profile.User)]
    [InlineData("squashfs", Profile.Root)]
    [InlineData("ext3", Profile.User)]
    [InlineData("ext3", Profile.Root)]
    public void From_and_to(string format, Profile profile)
    {
        string source = Source(format);
        Caller caller = As.By(profile);
        string directory = Host.Directory(caller.User);
        caller = caller.In(directory).With($"TMPDIR={directory}");

        caller.Run("build", "image.sif", source).Succeeds();
        caller.Run("build", "--sandbox", "tree", source).Succeeds();

        foreach (string image in (string[])["image.sif", "tree"])
        {
            caller.Run("exec", image, "head", "-1", "/etc/os-release").Prints("ID=busybox-test");
            caller.Run("exec", image, "sh", "-c", "test -x /.singularity.d/actions/exec -a -L /singularity && readlink /bin/sh && stat -c %a /tmp").Prints("busybox\n1777");
        }

        Assert.Empty(Directory.GetFileSystemEntries(directory, "kerr-build*"));
    }

    [Fact]
    public void A_SIF_of_a_SIF_keeps_the_file_system_byte_for_byte()
    {
        string directory = Host.Directory(TestUser.First);
        Caller caller = As.User.In(directory);
        caller.Run("build", "first.sif", Images.Directory).Succeeds();
        caller.Run("build", "second.sif", "first.sif").Succeeds();
        Assert.Equal(File.ReadAllBytes(directory + "/first.sif"), File.ReadAllBytes(directory + "/second.sif"));
    }

    [Fact]
    public void Arguments_for_mksquashfs_come_before_our_own_choice()
    {
        string directory = Host.Directory(TestUser.First);
        Caller caller = As.User.In(directory).With($"TMPDIR={directory}");
        caller.Run("-v", "build", "--mksquashfs-args", "-comp gzip", "image.sif", Images.Sif).Shows("gzip compressed");
        caller.Run("exec", "image.sif", "true").Prints("");
    }

    [Theory]
    [InlineData("/no/such", "no such file or directory")]
    [InlineData("/dev/null", "")]
    public void A_source_that_is_none_is_refused(string source, string message)
    {
        string directory = Host.Directory(TestUser.First);
        As.User.In(directory).Run("build", "image.sif", source).IsFatal(message);
        Assert.Empty(Directory.GetFileSystemEntries(directory));
    }

    [Fact]
    public void A_target_that_is_there_is_replaced_only_when_asked()
    {
        string directory = Host.Directory(TestUser.First);
        Caller caller = As.User.In(directory);
        Host.Write(directory + "/image.sif", "mine");
        Directory.CreateDirectory(directory + "/tree");
        Host.Write(directory + "/tree/file", "mine");

        caller.Run("build", "image.sif", Images.Sif).IsFatal("build target 'image.sif' already exists. Use --force if you want to overwrite it");
        caller.Run("build", "--sandbox", "tree", Images.Sif).IsFatal("use --force if you want to overwrite it");
        Assert.Equal("mine", File.ReadAllText(directory + "/image.sif"));
        Assert.Equal("mine", File.ReadAllText(directory + "/tree/file"));

        Host.Run("chown", "-R", $"{TestUser.First.Uid}", directory);
        caller.Run("build", "--force", "image.sif", Images.Sif).Succeeds();
        caller.Run("build", "--force", "--sandbox", "tree/", Images.Sif).Succeeds();
        Assert.False(File.Exists(directory + "/tree/file"));
        Assert.True(File.Exists(directory + "/tree/bin/busybox"));
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("n\n", 255)]
    public void On_a_terminal_the_user_is_asked(string answer, int code)
    {
        string directory = Host.Directory(TestUser.First);
        Host.Write(directory + "/image.sif", "mine");
        using Running running = As.User.In(directory).StartOnTerminal("build", "image.sif", Images.Sif);
        running.WaitFor("[y/N]").Type(answer);
        Result result = running.Wait().Ends(code);
        Assert.Equal(code == 0, new FileInfo(directory + "/image.sif").Length > 4);
        Assert.Equal(code != 0, result.Out.Contains("stopping build", StringComparison.Ordinal));
    }

    private static string Source(string format)
    {
        switch (format)
        {
            case "directory":
                return Images.Directory;
            case "sif":
                return Images.Sif;
            case "squashfs":
                return Images.New().SquashFs();
            default:
                Need.Program("mkfs.ext3");
                Need.Program("debugfs");
                string file = Host.Directory() + "/image.img";
                Host.Run("mkfs.ext3", "-q", "-F", "-d", Images.New().Path, file, "32M");
                return file;
        }
    }
}
