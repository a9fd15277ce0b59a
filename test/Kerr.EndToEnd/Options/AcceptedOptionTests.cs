using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>Options of the peers that ask for what is so anyway, and those that are refused; docs/compatibility.md says why.</summary>
public class AcceptedOptionTests
{
    [Theory]
    [InlineData("exec --no-oci", "NO_OCI")]
    [InlineData("exec --no-compat", "NO_COMPAT")]
    [InlineData("exec --keep-layers", "KEEP_LAYERS")]
    [InlineData("exec --ignore-fakeroot-command", "IGNORE_FAKEROOT_COMMAND")]
    [InlineData("exec --fakeroot --ignore-fakeroot-command", null)]
    [InlineData("exec --ignore-userns", "IGNORE_USERNS")]
    [InlineData("exec --fakeroot --ignore-userns", null)]
    [InlineData("exec --proot=/usr/bin/proot", "PROOT")]
    [InlineData("exec --no-rocm", "NO_ROCM")]
    [InlineData("exec --no-nv", "NO_NV")]
    [InlineData("exec --no-tmp-sandbox", "NO_TMP_SANDBOX")]
    public void What_is_so_anyway_may_be_asked_for(string options, string? variable)
    {
        string[] look = [Images.Directory, "sh", "-c", "umask; pwd; ls -d /tmp /dev/shm $HOME; ls /dev | wc -l; cat /proc/self/uid_map"];
        string[] words = options.Split(' ');
        bool fakeroot = words[1] == "--fakeroot";
        string plain = As.User.Run([.. fakeroot ? words[..2] : words[..1], .. look]).Succeeds().Out;
        As.User.Run([.. words, .. look]).Prints(plain[..^1]);
        if (variable is not null)
        {
            As.User.With($"APPTAINER_{variable}=1").Run([.. words[..1], .. look]).Prints(plain[..^1]);
        }
    }

    [Theory]
    [InlineData("--sif-fuse", "--sif-fuse is deprecated: ")]
    [InlineData("--nohttps", "--nohttps is deprecated: ")]
    [InlineData("--underlay", "--underlay is deprecated: ")]
    public void What_has_another_name_now_says_so(string option, string message)
        => As.User.Run("exec", option, Images.Sif, "echo", "ran").Shows("ran").Warns(message);

    [Fact]
    public void The_configuration_of_builds_shows_less()
    {
        const string Look = "ls -d $HOME 2>/dev/null; wc -c </etc/resolv.conf";
        Assert.StartsWith(TestUser.First.Home + "\n", As.User.In("/").Run("exec", Images.Directory, "sh", "-c", Look).Succeeds().Out, StringComparison.Ordinal);
        As.User.In("/").Run("--build-config", "exec", Images.Directory, "sh", "-c", Look).Prints("0");
    }

    [Fact]
    public void Long_names_of_levels_do_what_letters_do()
    {
        As.User.Run("--verbose", "exec", Images.Directory, "true").Ends(0).Warns("VERBOSE: ");
        As.User.Run("exec", "--verbose", Images.Directory, "true").Ends(0).Warns("VERBOSE: ");
        As.User.Run("--debug", "exec", Images.Directory, "true").Ends(0).Warns("DEBUG   [U=");
        As.User.Run("exec", "--debug", Images.Directory, "true").Ends(0).Warns("DEBUG   [U=");
    }

    [Theory]
    [InlineData("--passphrase")]
    [InlineData("--pem-path=/key")]
    [InlineData("--netns-path=/run/netns/x")]
    [InlineData("--network-args=portmap=1:1/tcp")]
    [InlineData("--data=/a:/b")]
    [InlineData("--blkio-weight=10")]
    [InlineData("--blkio-weight-device=/dev/sda:10")]
    [InlineData("--cpu-shares=10")]
    [InlineData("--cpus=1")]
    [InlineData("--cpuset-cpus=0")]
    [InlineData("--cpuset-mems=0")]
    [InlineData("--memory-reservation=1g")]
    [InlineData("--memory-swap=1g")]
    [InlineData("--oom-kill-disable")]
    [InlineData("--pids-limit=10")]
    public void What_a_launch_would_rely_on_is_refused(string option)
        => As.User.Run("exec", option, Images.Directory, "true").IsFatal($"{option.Split('=')[0]} is not supported by this version");
}
