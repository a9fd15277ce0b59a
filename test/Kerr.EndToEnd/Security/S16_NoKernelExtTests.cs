using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S16: no path leads from a user to an ext file system in the kernel's driver (CVE-2023-30549).</summary>
public class S16_NoKernelExtTests
{
    [Theory]
    [InlineData(Profile.User, "image")]
    [InlineData(Profile.User, "image written")]
    [InlineData(Profile.User, "overlay")]
    [InlineData(Profile.User, "partition")]
    [InlineData(Profile.User, "partition written")]
    [InlineData(Profile.User, "bind")]
    [InlineData(Profile.Fakeroot, "image")]
    [InlineData(Profile.Fakeroot, "overlay")]
    [InlineData(Profile.Fakeroot, "bind")]
    public void A_users_ext3_is_served_outside_of_the_kernel(Profile profile, string way) => Assert.Equal(0, AttachedBy(profile, way));

    [Theory]
    [InlineData("image")]
    [InlineData("overlay")]
    public void Roots_is_mounted_by_it(string way) => Assert.Equal(1, AttachedBy(Profile.Root, way));

    [Fact]
    public void None_of_our_programs_can_mount_one_for_a_user()
    {
        // What a user may execute of ours is neither set-uid nor has it capabilities: S48. So the kernel is asked as the user, and refuses.
        string image = Overlays.Create(Profile.User);
        Host.Own(image, TestUser.First);
        Result result = As.User.Named("/usr/bin/unshare").Run("-Urm", "mount", "-t", "ext3", "-o", "loop", image, "/mnt");
        Assert.NotEqual(0, result.ExitCode);
    }

    /// <summary>How many loop devices a launch has while it runs: without one, no file is mounted by a driver of the kernel.</summary>
    private static int AttachedBy(Profile profile, string way)
    {
        int before = Attached();
        using Running running = As.By(profile).Start(Launch(profile, way));
        running.WaitFor("ready");
        int more = Attached() - before;
        running.Signal(9).Wait();
        return more;
    }

    private static string[] Launch(Profile profile, string way)
    {
        string[] command = ["sh", "-c", "echo ready; exec sleep 100"];
        switch (way)
        {
            case "image" or "image written":
                string image = Ext3(profile);
                return ["exec", .. way == "image" ? [] : (string[])["--writable", "--no-home"], image, .. command];
            case "overlay":
                return ["exec", "--overlay", Overlays.Create(profile), Images.OwnDirectory, .. command];
            case "bind":
                return ["exec", "-B", $"{Ext3(profile)}:/mnt:image-src=/", Images.OwnSif, .. command];
            default:
                return ["exec", .. way == "partition" ? [] : (string[])["--writable"], Overlays.Sif(profile), .. command];
        }
    }

    private static string Ext3(Profile profile)
    {
        string path = $"{Host.Directory(profile == Profile.Root ? null : TestUser.First)}/image.ext3";
        Host.Run("truncate", "-s", "64M", path);
        Host.Run("mke2fs", "-q", "-t", "ext3", "-d", Images.OwnDirectory, path);
        return profile == Profile.Root ? path : Host.Own(path, TestUser.First);
    }

    private static int Attached()
        => Directory.EnumerateDirectories("/sys/block", "loop*").Count(static device => BackingFile(device).StartsWith(Tree.Run, StringComparison.Ordinal));

    private static string BackingFile(string device)
    {
        try
        {
            return File.ReadAllText($"{device}/loop/backing_file");
        }
        catch (IOException)
        {
            return "";      // no file is attached
        }
    }
}
