using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S29: a user's payload has no capability in any set, and no way to one (runc CVE-2022-29162).</summary>
public class S29_CapabilitiesTests
{
    private const string Show = "grep -E '^(Cap|NoNewPrivs)' /proc/self/status";

    private const string None = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
        + "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1";

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    [InlineData("--pid --no-init")]
    [InlineData("--userns")]
    [InlineData("--writable-tmpfs")]
    [InlineData("--add-caps all")]
    [InlineData("--fakeroot --no-privs")]
    [InlineData("--fakeroot --drop-caps all --no-privs")]
    public void All_five_sets_are_empty(string options)
    {
        foreach (string image in (string[])[Images.Directory, Images.Sif])
        {
            Result result = As.User.Run(["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), image, "/bin/sh", "-c", Show]).Succeeds();
            Assert.Equal(None, result.Line);
        }
    }

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    [InlineData("shell")]
    public void All_five_sets_are_empty_for_each_action(string action)
    {
        string image = Images.New().Script("/.singularity.d/runscript", $"#!/bin/sh\n{Show}\n").Script("/.singularity.d/test", $"#!/bin/sh\n{Show}\n")
            .Script("/.singularity.d/env/90-environment.sh", "export HERE=1\n").Path;
        string[] command = action == "shell" ? ["-c", Show] : [];
        Assert.Equal(None, As.User.Run([action, image, .. command]).Succeeds().Line);
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Fakeroot)]
    public void A_file_with_set_uid_or_capabilities_gains_nothing(Profile profile)
    {
        ImageTree image = Images.New().Copy("/bin/busybox-suid", "/bin/busybox").Copy("/bin/busybox-capable", "/bin/busybox");
        File.SetUnixFileMode(image.Path + "/bin/busybox-suid", (UnixFileMode)0x9ED);        // 04755
        Host.Run("setcap", "cap_sys_admin,cap_dac_override+eip", image.Path + "/bin/busybox-capable");
        string expected = As.By(profile).Run("exec", image.Path, "/bin/sh", "-c", "id -u; " + Show).Succeeds().Line;

        foreach (string program in (string[])["/bin/busybox-suid", "/bin/busybox-capable"])
        {
            Assert.Equal(expected, As.By(profile).Run("exec", image.Path, program, "sh", "-c", "id -u; " + Show).Succeeds().Line);
        }
    }

    [Fact]
    public void Root_of_a_fakeroot_container_is_nobody_on_the_host()
        => As.Fakeroot.Run("exec", "-B", "/etc:/mnt", Images.Directory, "/bin/sh", "-c",
            "id -u; cat /mnt/shadow || echo refused; echo x >/mnt/kerr-test || echo refused; mknod /tmp/device c 1 3 || echo refused")
            .Ends(0).Shows("0\nrefused\nrefused\nrefused");
}
