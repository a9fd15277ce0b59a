using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S01: device nodes and set-uid files of an image do nothing, and no namespace of the payload's own changes that.</summary>
public class S01_DeviceNodesTests
{
    // Mounts of the image, with and without what a launch puts over it.
    private static readonly string[][] Options = [[], ["--underlay"], ["--writable-tmpfs"], ["--contain"], ["--bind", "/etc/hostname:/opt/x"]];

    [Theory]
    [InlineData(Profile.User, false)]
    [InlineData(Profile.User, true)]
    [InlineData(Profile.Fakeroot, true)]
    [InlineData(Profile.Root, false)]
    [InlineData(Profile.Root, true)]
    public void A_device_node_that_everybody_may_open_cannot_be_opened(Profile profile, bool sif)
    {
        string image = Image(sif);
        foreach (string[] options in Options)
        {
            Result result = As.By(profile).Run(["exec", .. options, image, "/bin/dd", "if=/opt/zero", "of=/tmp/kerr-none", "count=1"]);
            Assert.True(result.ExitCode == 1 && result.Err.Contains("Permission denied", StringComparison.Ordinal), result.ToString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_root_is_mounted_nosuid_and_nodev_and_a_namespace_inside_cannot_undo_it(bool sif)
    {
        string image = Image(sif);
        foreach (string[] options in Options)
        {
            string mount = As.User.Run(["exec", .. options, image, "sh", "-c", "awk '$5 == \"/\"' /proc/self/mountinfo"]).Succeeds().Lines[^1];
            string[] flags = mount.Split(' ')[5].Split(',');
            Assert.Contains("nosuid", flags);
            Assert.Contains("nodev", flags);
            Assert.Contains(Array.Exists(options, static option => option == "--writable-tmpfs") ? "rw" : "ro", flags);

            // Root of a namespace of its own, over copies of all mounts: their flags are locked (mount_namespaces(7)). What was writable stays so.
            Result result = As.User.Run(["exec", .. options, image, "unshare", "-U", "-r", "-m", "sh", "-c",
                "id -u; for o in remount,dev,suid,bind remount,rw,bind remount,rw,dev,suid; do mount -o $o / 2>/dev/null && echo undone $o; done; umount /proc 2>/dev/null && echo bare; dd if=/opt/zero count=1 2>&1 | grep -c denied"]);
            Assert.Equal(Array.IndexOf(flags, "rw") >= 0 ? ["0", "undone remount,rw,bind", "1"] : ["0", "1"], result.Lines);
        }
    }

    private static string Image(bool sif)
    {
        ImageTree image = Images.New();
        Host.Run("mknod", "-m", "666", image.Path + "/opt/zero", "c", "1", "5");
        return sif ? image.Sif() : image.Path;
    }
}
