using System;
using System.Globalization;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--pid`, `--ipc`, `--uts`, `--net`, `--userns` and what goes with them.</summary>
public class NamespaceTests
{
    private static string Of(Caller caller, string name, params string[] options)
        => caller.Run(["exec", .. options, Images.Directory, "readlink", $"/proc/self/ns/{name}"]).Succeeds().Line;

    private static string OfHost(string name) => Host.Run("readlink", $"/proc/self/ns/{name}").Trim();

    [Theory]
    [InlineData("pid", "--pid", Profile.User)]
    [InlineData("pid", "-p", Profile.Root)]
    [InlineData("ipc", "--ipc", Profile.User)]
    [InlineData("ipc", "-i", Profile.Root)]
    [InlineData("uts", "--uts", Profile.User)]
    [InlineData("uts", "--uts", Profile.Root)]
    [InlineData("user", "--userns", Profile.Root)]
    public void An_option_gives_a_namespace_of_its_own(string name, string option, Profile profile)
    {
        Assert.Equal(OfHost(name), Of(As.By(profile), name));
        Assert.NotEqual(OfHost(name), Of(As.By(profile), name, option));
    }

    [Fact]
    public void Root_needs_no_user_namespace_and_a_user_does()
    {
        Assert.Equal(OfHost("user"), Of(As.Root, "user"));
        Assert.NotEqual(OfHost("user"), Of(As.User, "user"));
    }

    [Theory]
    [InlineData("PID", "pid")]
    [InlineData("UNSHARE_PID", "pid")]
    [InlineData("IPC", "ipc")]
    [InlineData("UNSHARE_IPC", "ipc")]
    [InlineData("UTS", "uts")]
    public void A_variable_gives_it_too(string variable, string name)
        => Assert.NotEqual(OfHost(name), Of(As.User.With($"APPTAINER_{variable}=1"), name));

    [Fact]
    public void Under_pid_the_first_process_is_appinit()
        => As.User.Run("exec", "--pid", Images.Directory, "sh", "-c", "cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l").Prints("appinit\n4");

    [Fact]
    public void No_init_makes_the_payload_the_first_process()
        => As.User.Run("exec", "--pid", "--no-init", Images.Directory, "sh", "-c", "echo $$").Prints("1");

    [Fact]
    public void No_pid_takes_back_what_containall_implies()
        => Assert.Equal(OfHost("pid"), Of(As.User, "pid", "--containall", "--no-pid"));

    [Fact]
    public void Appinit_reaps_orphans_and_ends_with_the_payload()
    {
        // Two grandchildren: one ends before the payload and must be reaped, one would live on and must be killed.
        As.User.Run("exec", "--pid", Images.Directory, "sh", "-c", "(sleep 0 &) ; (sleep 100 &) ; usleep 100000; ps | grep -c '[Z]'; exit 7").Ends(7);
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void A_host_name_is_the_payloads_only(Profile profile)
    {
        As.By(profile).Run("exec", "--hostname", "inside.example", Images.Directory, "sh", "-c", "hostname; cat /etc/hostname").Prints("inside.example\ninside.example");
        Assert.NotEqual("inside.example", System.Net.Dns.GetHostName());
    }

    [Theory]
    [InlineData("a_b")]
    [InlineData("-a")]
    [InlineData("")]
    [InlineData("a..b")]
    public void What_is_no_host_name_is_said(string name)
        => As.User.Run("exec", $"--hostname={name}", Images.Directory, "true").Ends(name.Length == 0 ? 0 : 255);

    [Fact]
    public void A_network_of_its_own_has_only_the_loopback_and_that_is_up()
    {
        Result result = As.User.Run("exec", "--net", "--network", "none", Images.Directory, "sh", "-c", "ls /sys/class/net; cat /proc/net/dev | tail -n +3 | cut -d: -f1; ifconfig lo | grep -c UP").Succeeds();
        Assert.Contains("    lo", result.Lines);
        Assert.Equal("1", result.Lines[^1]);
        Assert.DoesNotContain("eth0", System.Array.FindAll(result.Lines, static line => line.StartsWith("  ", StringComparison.Ordinal)));
        Assert.NotEqual(OfHost("net"), Of(As.User, "net", "--net", "--network", "none"));
        Assert.Equal(OfHost("net"), Of(As.User, "net"));
    }

    [Fact]
    public void A_contained_launch_with_a_network_of_its_own_has_its_own_hosts()
        => As.User.Run("exec", "-c", "--net", "--network=none", Images.Directory, "grep", "-c", "localhost", "/etc/hosts").Prints("2");

    [Fact]
    public void A_network_is_asked_for_without_net_too_by_option_or_variable()
    {
        const string interfaces = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
        As.User.Run("exec", "--network", "none", Images.Directory, "sh", "-c", interfaces).Shows("lo").Warns("INFO:    Setting --net (required by --network)");
        Assert.NotEqual(OfHost("net"), Of(As.User, "net", "--network", "none"));
        Assert.NotEqual(OfHost("net"), Of(As.User.With("APPTAINER_NETWORK=none"), "net"));
        As.User.Run("exec", "--network", "bridge", Images.Directory, "true").IsFatal("network bridge is not supported by this version");
        As.Root.With("APPTAINER_NETWORK=bridge").Run("exec", Images.Directory, "true").IsFatal("environment variable APPTAINER_NETWORK: network bridge is not supported");
    }

    [Fact]
    public void Net_alone_is_refused_with_what_to_write()
        => As.User.Run("exec", "--net", Images.Directory, "true").Ends(255).Warns("--network none");

    [Theory]
    [InlineData("10.1.2.3", "nameserver 10.1.2.3")]
    [InlineData("10.1.2.3,fd00::1", "nameserver 10.1.2.3\nnameserver fd00::1")]
    [InlineData("10.1.2.3, 10.1.2.4", "nameserver 10.1.2.3\nnameserver 10.1.2.4")]
    public void Dns_writes_the_resolver(string servers, string content)
        => As.User.Run("exec", "--dns", servers, Images.Directory, "cat", "/etc/resolv.conf").Prints(content);

    [Fact]
    public void A_name_server_that_is_none_is_said()
        => As.User.Run("exec", "--dns", "frob", Images.Directory, "true").IsFatal("frob is not an address");

    [Fact]
    public void The_user_is_the_same_inside()
    {
        string uid = TestUser.First.Uid.ToString(CultureInfo.InvariantCulture);
        foreach (string option in (string[])["--userns", "--contain", "--containall"])
        {
            As.User.Run("exec", option, Images.Directory, "sh", "-c", "id -u; id -un; cut -c1-60 /proc/self/uid_map | tr -s ' '").Prints($"{uid}\n{TestUser.First.Name}\n {uid} {uid} 1");
        }
    }

    [Fact]
    public void Fakeroot_is_root_inside_and_the_user_outside()
    {
        string directory = Host.Directory(TestUser.First);
        As.Fakeroot.Run("exec", "-B", $"{directory}:/mnt", Images.Directory, "sh", "-c", "id -u; id -un; touch /mnt/f; stat -c %u /mnt/f").Prints("0\nroot\n0");
        Assert.Equal($"{TestUser.First.Uid}", Host.Run("stat", "-c", "%u", $"{directory}/f").Trim());
    }
}
