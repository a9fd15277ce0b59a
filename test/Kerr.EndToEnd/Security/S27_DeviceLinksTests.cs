using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S27: devices that an image has as symlinks are not followed (runc CVE-2025-31133, CVE-2025-52565).</summary>
public class S27_DeviceLinksTests
{
    [Theory]
    [InlineData(Profile.User, "")]
    [InlineData(Profile.User, "-c")]
    [InlineData(Profile.User, "-C")]
    [InlineData(Profile.User, "-C --underlay")]
    [InlineData(Profile.Fakeroot, "-C")]
    [InlineData(Profile.Root, "-C")]
    [InlineData(Profile.User, "--no-mount dev")]
    public void What_they_point_to_is_neither_covered_nor_changed(Profile profile, string options)
    {
        var canary = new HostTree();
        ImageTree image = Images.New();
        foreach (string name in (string[])["null", "console", "zero", "random", "urandom", "tty", "full", "shm", "pts/0", "ptmx", "fd", "stdin"])
        {
            image.Link("/dev/" + name, $"{canary.Path}/{name}");
        }

        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Result result = As.By(profile).Run(["exec", .. words, image.Path, "/bin/sh", "-c", "[ -c /dev/null ] && echo device; grep -c canary /proc/mounts"]);
        Assert.True(result.ExitCode is 0 or 1, result.ToString());
        Assert.Equal(options.Contains("no-mount", StringComparison.Ordinal) ? ["0"] : (string[])["device", "0"], result.Lines);
        canary.CheckUnchanged();
    }

    [Theory]
    [InlineData("-C")]
    [InlineData("-c")]
    public void A_dev_that_is_a_link_into_the_image_is_made_there_or_refused(string option)
    {
        string image = Images.New().Without("/dev").Link("/dev", "/srv/dev").Directory("/srv/dev").Link("/srv/dev/null", "/etc/os-release").Path;
        Result result = As.User.Run("exec", option, image, "/bin/sh", "-c", "cat /etc/os-release; [ -c /dev/null ] && echo device");
        Assert.True(result.ExitCode == 255 || result.Out == "ID=busybox-test\nVERSION_ID=1\ndevice\n", result.ToString());
    }
}
