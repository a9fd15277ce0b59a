using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>Images of Singularity 2: ext3, with or without the launch line; mounted by the kernel for root, by fuse2fs for users.</summary>
public class Ext3Tests
{
    private static string? bare;

    private static string Bare
    {
        get
        {
            if (bare is null)
            {
                Need.Program("mke2fs");
                string file = $"{Host.Directory()}/bare.img";
                Host.Run("mke2fs", "-q", "-t", "ext3", "-d", Images.New().Path, file, "16M");
                File.SetUnixFileMode(file, Modes.Readable);
                bare = file;
            }

            return bare;
        }
    }

    private static string WithLaunchLine()
    {
        string image = $"{Host.Directory()}/old.img";
        using FileStream file = File.Create(image);
        file.Write("#!/usr/bin/env run-singularity\n"u8);
        using FileStream system = File.OpenRead(Bare);
        system.CopyTo(file);
        return image;
    }

    [Theory]
    [InlineData(Profile.User, false)]
    [InlineData(Profile.User, true)]
    [InlineData(Profile.Fakeroot, true)]
    [InlineData(Profile.Root, false)]
    [InlineData(Profile.Root, true)]
    public void One_runs_with_and_without_a_launch_line_and_is_not_written(Profile profile, bool launchLine)
    {
        Need.Program("fuse2fs");
        string image = launchLine ? WithLaunchLine() : Bare;
        As.By(profile).Run("exec", image, "head", "-1", "/etc/os-release").Prints("ID=busybox-test");
        As.By(profile).Run("exec", image, "touch", "/opt/new").Ends(1).Warns("Read-only file system");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    public void A_user_can_write_into_one_of_their_own(Profile profile)
    {
        Need.Program("fuse2fs");
        ImageTree tree = profile == Profile.User ? Images.New().OwnedBy(TestUser.First) : Images.New();
        string image = $"{Host.Directory(TestUser.First)}/own.img";
        Host.Run("mke2fs", "-q", "-t", "ext3", "-d", tree.Path, image, "16M");
        Host.Own(image, TestUser.First);

        As.By(profile).Run("exec", "--no-home", "--writable", image, "sh", "-c", "echo kept > /opt/kept; rm /etc/os-release; ln -s kept /opt/link").Succeeds();

        As.By(profile).Run("exec", image, "sh", "-c", "cat /opt/link; test ! -e /etc/os-release").Prints("kept");
        Host.Run("e2fsck", "-fn", image);
    }

    [Fact]
    public void What_the_user_may_not_write_is_refused()
        => As.User.Run("exec", "--writable", Bare, "true").IsFatal("cannot be written by this user");

    [Fact]
    public void Root_can_write_into_it()
    {
        string image = WithLaunchLine();
        As.Root.Run("exec", "--no-home", "--writable", image, "sh", "-c", "echo kept > /opt/kept").Succeeds();
        As.Root.Run("exec", image, "cat", "/opt/kept").Prints("kept");
        As.Root.Run("exec", image, "touch", "/opt/more").Ends(1).Warns("Read-only file system");
    }
}
