using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>A launch by the setuid starter: what the payload sees, and who may not have one.</summary>
public sealed class SetuidLaunchTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private const string UserNamespace = "readlink /proc/self/ns/user";

    private static string HostUsers => new FileInfo("/proc/self/ns/user").LinkTarget!;

    [Fact]
    public void A_directory_is_run_without_a_user_namespace_and_with_the_callers_groups()
    {
        tree.Configure();
        string groups = As.User.Named("/usr/bin/id").Run("-G").Line;

        string[] lines = tree.User.Run("exec", Images.Directory, "/bin/sh", "-c", UserNamespace + "; id -u; id -G; cat /proc/self/uid_map | tr -s ' '").Succeeds().Lines;

        Assert.Equal(HostUsers, lines[0]);
        Assert.Equal(TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture), lines[1]);
        Assert.Equal(groups, lines[2]);
        Assert.Equal(" 0 0 4294967295", lines[3]);
    }

    [Fact]
    public void The_process_is_the_callers_own_and_its_end_is_the_payloads()
    {
        tree.Configure();
        using Running running = tree.User.Start("exec", Images.Directory, "/bin/sh", "-c", "echo $$; exit 43");
        Result result = running.Wait().Ends(43);
        Assert.Equal(running.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Line);
        tree.User.Run("exec", Images.Directory, "/bin/sh", "-c", "kill -TERM $$").EndsBySignal(15);
        tree.User.Run("exec", "-C", Images.Directory, "/bin/sh", "-c", "exit 9").Ends(9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    [InlineData("--pid --ipc --uts --hostname inside --net --network none")]
    [InlineData("--writable-tmpfs")]
    [InlineData("--compat")]
    [InlineData("--underlay")]
    [InlineData("-B /usr:/mnt/usr:ro")]
    public void Options_show_what_they_show_in_a_user_namespace(string options)
    {
        tree.Configure();
        const string Look = "ls -d /usr/lib /mnt/* /home 2>&1; hostname; ls /dev | head -40; [ $(ls /proc | grep -c '^[0-9]*$') -lt 6 ] && echo few processes || echo many; touch /tmp/x-$$ 2>&1 && rm /tmp/x-$$; "
            + "cat /etc/passwd; pwd; umask; touch /new 2>/dev/null; echo $?; env | grep -v CONTAINER | sort";
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string image in (string[])[Images.OwnDirectory, Images.OwnSif])
        {
            Result there = tree.User.Run(["exec", "--userns", .. words, image, "/bin/sh", "-c", Look]).Succeeds();
            Result here = tree.User.Run(["exec", .. words, image, "/bin/sh", "-c", Look]).Succeeds();

            Assert.Equal(there.Out, here.Out);
            Assert.Equal(there.Err, here.Err);
        }
    }

    [Fact]
    public void Directories_of_the_user_are_layers_to_read()
    {
        tree.Configure();
        string layer = Host.Directory(TestUser.First), closed = $"{layer}/upper/etc/closed";
        Host.Write($"{layer}/upper/etc/added", "of the layer\n");
        Host.Run("chown", "-R", TestUser.First.Name, layer);
        Host.Write(closed, "root's alone\n", (UnixFileMode)0x180); // 0600
        Directory.CreateDirectory($"{layer}/work");
        string[] line = ["exec", "--overlay", layer + ":ro", Images.Directory, "/bin/sh", "-c"];
        tree.User.Run([.. line, UserNamespace + "; cat /etc/added; ls /etc/os-release; touch /etc/new 2>/dev/null || echo read-only"])
            .Prints($"{HostUsers}\nof the layer\n/etc/os-release\nread-only");
        tree.User.Run([.. line, "cat /etc/closed"]).Ends(1).Warns("Permission denied");
        tree.User.Run([.. line[..3], "--writable-tmpfs", .. line[3..], "echo changed >/etc/added; cat /etc/added"]).Prints("changed");
        Assert.Equal("of the layer\n", File.ReadAllText($"{layer}/upper/etc/added"));
        Assert.Contains("the setuid starter merges no layers of users", tree.User.Run(["--verbose", .. line[..2], layer, .. line[3..], "true"]).Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--pid")]
    public void An_images_scripts_can_be_given_a_time(string options)
    {
        tree.Configure();
        string[] words = ["run", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--runscript-timeout"];
        ImageTree image = Images.New().Script("/.singularity.d/env/90-environment.sh", "export X=\"$(/bin/busybox echo of the image)\"\n[ -z \"$1\" ] || /bin/busybox sleep 300\n")
            .Script("/.singularity.d/runscript", "#!/bin/sh\necho $X; readlink /proc/self/ns/user\n");
        tree.User.Run([.. words, "1m", image.Path]).Prints($"of the image\n{HostUsers}");
        tree.User.Run([.. words, "1s", image.Path, "long"]).IsFatal("command \"/bin/busybox sleep 300\" was killed after 1s timeout");
    }

    [Fact]
    public void An_image_that_the_user_can_write_is_served_by_the_user()
    {
        tree.Configure("allow setuid-mount squashfs = yes");
        string image = Copy(Images.Sif, Host.Directory(TestUser.First) + "/own.sif", TestUser.First);
        tree.User.Run("exec", image, "/bin/sh", "-c", UserNamespace + "; grep ' - fuse' /proc/self/mountinfo | wc -l; ls -ld /bin | cut -c1-10").Succeeds().Prints($"{HostUsers}\n0\ndrwxr-xr-x");
        Result told = tree.User.Run("--verbose", "exec", image, "/bin/true").Succeeds();
        Assert.Contains("served by FUSE", told.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes", "", true)]
    [InlineData("no", "", false)]
    [InlineData("iflimited", "", false)]
    [InlineData("iflimited", "limit container paths = PREFIX", true)]
    public void The_kernel_mounts_an_image_that_root_alone_can_change_where_that_is_allowed(string allowed, string limit, bool mounted)
    {
        tree.Configure(["allow setuid-mount squashfs = " + allowed, .. limit.Length == 0 ? Array.Empty<string>() : [limit.Replace("PREFIX", tree.Prefix, StringComparison.Ordinal)]]);
        string image = Copy(Images.Sif, tree.Images + "/root.sif");

        Result result = tree.User.Run("--verbose", "exec", image, "/bin/sh", "-c", "ls /bin/busybox; stat -c %U /bin/busybox").Succeeds();

        Assert.Equal("/bin/busybox\nroot", result.Line);
        Assert.Contains(mounted ? "Mounting the image: kernel" : "served by FUSE", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--userns", "flag --userns")]
    [InlineData("--fakeroot", "flag --fakeroot: needs a user namespace")]
    public void What_needs_a_user_namespace_gets_one_and_says_so(string option, string why)
    {
        tree.Configure();
        Result result = tree.User.Run("--verbose", "exec", option, Images.Directory, "/bin/sh", "-c", UserNamespace).Succeeds();
        Assert.NotEqual(HostUsers, result.Line);
        Assert.Contains($"VERBOSE: Using a user namespace: {why}", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_permission_bit_or_file_a_user_namespace_is_made_and_a_line_says_why()
    {
        tree.Configure("allow setuid = no");
        Falls("allow setuid = no");
        tree.Configure();
        File.SetUnixFileMode(tree.Starter, Modes.Everybody);
        Falls("is not set-uid root");
        File.Move(tree.Starter, tree.Starter + ".away");
        Falls("the setuid starter is not installed");
        File.Move(tree.Starter + ".away", tree.Starter);
        File.SetUnixFileMode(tree.Starter, Modes.Everybody | UnixFileMode.SetUser);
        Assert.Equal(HostUsers, tree.User.Run("exec", Images.Directory, "/bin/sh", "-c", UserNamespace).Succeeds().Line);

        void Falls(string why)
        {
            Result result = tree.User.Run("--verbose", "exec", Images.Directory, "/bin/sh", "-c", UserNamespace).Succeeds();
            Assert.NotEqual(HostUsers, result.Line);
            Assert.Contains(why, result.Err, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_closed_fuse_device_is_opened_by_the_starter()
    {
        tree.Configure();
        string image = Copy(Images.Sif, Host.Directory(TestUser.First) + "/own.sif", TestUser.First);
        string devices = Host.Directory();
        string close = $"mount -t tmpfs tmpfs {devices}; mknod -m 0600 {devices}/fuse c 10 229; mount --bind {devices}/fuse /dev/fuse";

        tree.User.OnHost(close).Run("exec", image, "/bin/echo", "served").Prints("served");

        Result without = tree.User.OnHost(close).Run("exec", "--userns", "--no-tmp-sandbox", image, "/bin/echo", "served").Ends(255);
        Assert.Contains("/dev/fuse is closed to this user", without.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_tell_when_privileges_rise_and_fall()
    {
        tree.Configure();
        Result result = tree.User.Run("--debug", "exec", Images.Directory, "/bin/true").Succeeds();
        string id = TestUser.First.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Matches(@"DEBUG   \[U=0,P=\d+\] +Privileges\.cs:\d+:Raise\(\) +: Raised privileges \(U=0\) for: mount image\n", result.Err);
        Assert.Matches($@"DEBUG   \[U={id},P=\d+\] +Privileges\.cs:\d+:Lower\(\) +: Lowered privileges\n", result.Err);
        Assert.Matches($@"DEBUG   \[U={id},P=\d+\] +Privileges\.cs:\d+:Drop\(\) +: Dropped privileges for good\n", result.Err);
        Assert.Contains("Confirmed: no privilege is left, none can be regained", result.Err, StringComparison.Ordinal);
        Assert.Contains("VERBOSE: Mounting: bind of /proc\n", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_that_a_launch_in_a_user_namespace_would_lose_open_files()
    {
        tree.Configure();
        string directory = Host.Directory();
        Host.Write(directory + "/file", "of the group\n", (UnixFileMode)0x1A0); // 0640
        Host.Run("chgrp", "4321", directory + "/file");
        string[] become = ["/usr/bin/setpriv", $"--reuid={TestUser.First.Name}", $"--regid={TestUser.First.Gid}", "--groups=4321", "--"];
        Caller member = tree.User with { User = null, Wrapper = become };
        Assert.Equal("of the group", member.Run("exec", "-B", directory, Images.Directory, "/bin/cat", directory + "/file").Succeeds().Line);
    }

    internal static string Copy(string image, string to, TestUser? owner = null)
    {
        File.Copy(image, to, overwrite: true);
        File.SetUnixFileMode(to, Modes.Readable);
        return owner is null ? to : Host.Own(to, owner);
    }
}
