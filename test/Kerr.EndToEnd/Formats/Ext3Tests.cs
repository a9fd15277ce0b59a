using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Formats;

/// <summary>Images of Singularity 2: ext3, with or without the launch line. Only root can have the kernel mount them.</summary>
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

    [Fact]
    public void Root_runs_an_ext3_image()
        => As.Root.Run("exec", Bare, "head", "-1", "/etc/os-release").Prints("ID=busybox-test");

    [Fact]
    public void Root_runs_one_with_a_launch_line()
        => As.Root.Run("exec", WithLaunchLine(), "head", "-1", "/etc/os-release").Prints("ID=busybox-test");

    [Fact]
    public void Root_can_write_into_it()
    {
        string image = WithLaunchLine();
        As.Root.Run("exec", "--writable", image, "sh", "-c", "echo kept > /opt/kept").Succeeds();
        As.Root.Run("exec", image, "cat", "/opt/kept").Prints("kept");
        As.Root.Run("exec", image, "touch", "/opt/more").Ends(1).Warns("Read-only file system");
    }

    [Fact]
    public void A_user_is_told_that_root_must_mount_it()
        => As.User.Run("exec", Bare, "true").IsFatal("ext3, which only root can mount yet");
}
