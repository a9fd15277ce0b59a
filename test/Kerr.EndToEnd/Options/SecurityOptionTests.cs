using System;
using System.Globalization;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>Identity, capabilities and filters: `--security`, `--keep-privs`, `--no-privs`, `--add-caps`, `--drop-caps`, `--allow-setuid`.</summary>
public class SecurityOptionTests
{
    private const int BadCall = 31;

    private static ulong Capabilities(Caller caller, string set, params string[] options)
    {
        string line = caller.Run(["exec", .. options, Images.Directory, "grep", $"^Cap{set}:", "/proc/self/status"]).Succeeds().Line;
        return ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--contain")]
    [InlineData("--containall")]
    public void A_user_has_no_capability_and_can_gain_none(string option)
    {
        string[] options = option.Length == 0 ? [] : [option];
        foreach (string set in (string[])["Inh", "Prm", "Eff", "Bnd", "Amb"])
        {
            Assert.Equal(0UL, Capabilities(As.User, set, options));
        }

        As.User.Run(["exec", .. options, Images.Directory, "grep", "NoNewPrivs", "/proc/self/status"]).Prints("NoNewPrivs:\t1");
    }

    [Fact]
    public void Root_keeps_what_it_has_unless_told_otherwise()
    {
        ulong all = ulong.Parse(Host.Run("grep", "CapEff", "/proc/self/status").Trim().Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.Equal(all, Capabilities(As.Root, "Eff"));
        Assert.Equal(all, Capabilities(As.Root, "Eff", "--keep-privs"));
        foreach (string set in (string[])["Prm", "Eff", "Bnd"])
        {
            Assert.Equal(0UL, Capabilities(As.Root, set, "--no-privs"));
        }
    }

    [Fact]
    public void Capabilities_are_added_and_dropped_by_name()
    {
        const ulong chown = 1, kill = 1 << 5, raw = 1 << 13;
        Assert.Equal(chown | kill, Capabilities(As.Root, "Eff", "--no-privs", "--add-caps", "CAP_CHOWN,kill"));
        Assert.Equal(chown | kill, Capabilities(As.Root, "Bnd", "--no-privs", "--add-caps", "CAP_CHOWN,kill"));
        Assert.Equal(0UL, Capabilities(As.Root, "Eff", "--drop-caps", "CAP_NET_RAW") & raw);
        Assert.NotEqual(0UL, Capabilities(As.Root, "Eff", "--drop-caps", "CAP_NET_RAW") & chown);
        Assert.Equal(0UL, Capabilities(As.Root, "Eff", "--drop-caps", "all"));
    }

    [Fact]
    public void Dropping_takes_the_right_away()
    {
        As.Root.Run("exec", "--drop-caps", "CAP_CHOWN", "--writable-tmpfs", Images.Directory, "chown", "7", "/etc/os-release").Ends(1).Warns("Operation not permitted");
        As.Root.Run("exec", "--writable-tmpfs", Images.Directory, "chown", "7", "/etc/os-release").Succeeds();
    }

    [Fact]
    public void A_user_gets_no_capability_by_asking()
    {
        Result result = As.User.Run("exec", "--add-caps", "CAP_NET_RAW", Images.Directory, "grep", "CapEff", "/proc/self/status").Succeeds();
        Assert.Equal("CapEff:\t0000000000000000", result.Line);
        result.Warns("not authorized to add capability: CAP_NET_RAW");
    }

    [Fact]
    public void A_capability_that_is_none_is_told()
        => As.Root.Run("exec", "--add-caps", "CAP_FROB", Images.Directory, "true").Ends(0).Warns("unknown capability: CAP_FROB");

    [Theory]
    [InlineData("--keep-privs")]
    [InlineData("--allow-setuid")]
    public void What_is_for_root_is_refused_to_a_user(string option)
        => As.User.Run("exec", option, Images.Directory, "true").IsFatal($"{option} is for root only");

    [Fact]
    public void Set_id_files_of_an_image_count_for_root_who_allows_them_only()
    {
        const string options = "while read _ _ _ _ at o rest; do test $at = / && echo $o; done < /proc/self/mountinfo | tail -1";
        Assert.Contains("nosuid", As.User.Run("exec", Images.Directory, "sh", "-c", options).Succeeds().Line, StringComparison.Ordinal);
        Assert.Contains("nosuid", As.Root.Run("exec", Images.Directory, "sh", "-c", options).Succeeds().Line, StringComparison.Ordinal);
        Assert.DoesNotContain("nosuid", As.Root.Run("exec", "--allow-setuid", Images.Directory, "sh", "-c", options).Succeeds().Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uid:1234", "1234 0")]
    [InlineData("uid:1234,gid:2345", "1234 2345")]
    [InlineData("gid:2345:3456", "0 2345")]
    public void Root_becomes_whom_security_says(string security, string ids)
        => As.Root.Run("exec", "--security", security, Images.Directory, "sh", "-c", "echo $(id -u) $(id -g); grep Groups /proc/self/status | tr -d '\\t '; grep CapEff /proc/self/status")
            .Shows(ids + "\nGroups:" + (security.Contains(":3456", StringComparison.Ordinal) ? "23453456" : security.Contains("gid", StringComparison.Ordinal) ? "2345" : ""));

    [Fact]
    public void Another_user_has_no_capability_left()
        => Assert.Equal(0UL, Capabilities(As.Root, "Prm", "--security", "uid:1234,gid:1234") | Capabilities(As.Root, "Bnd", "--security", "uid:1234"));

    [Fact]
    public void A_user_is_another_one_in_their_own_eyes_only()
    {
        string directory = Host.Directory(TestUser.First);
        As.User.Run("exec", "--security", "uid:1234,gid:2345", "-B", $"{directory}:/mnt", Images.Directory, "sh", "-c", "id -u; id -g; touch /mnt/f").Prints("1234\n2345");
        Assert.Equal($"{TestUser.First.Uid}", Host.Run("stat", "-c", "%u", $"{directory}/f").Trim());
    }

    [Theory]
    [InlineData("uid:0x10", "user number 0x10 is not valid")]
    [InlineData("uid:-1", "user number -1 is not valid")]
    [InlineData("uid:4294967295", "user number 4294967295 is not valid")]
    [InlineData("gid:1:", "group number  is not valid")]
    [InlineData("frob:1", "--security does not know frob:1")]
    [InlineData("seccomp:/no/such", "seccomp profile /no/such cannot be read")]
    public void What_is_no_security_option_is_said(string security, string message)
        => As.Root.Run("exec", "--security", security, Images.Directory, "true").IsFatal(message);

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    public void A_seccomp_profile_forbids_calls(Profile profile)
    {
        string deny = Host.Write($"{Host.Directory()}/deny.json", """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}
            """);
        As.By(profile).Run("exec", "--writable-tmpfs", "--security", $"seccomp:{deny}", Images.Directory, "sh", "-c", "touch /new && mkdir /dir").Ends(1).Warns("Permission denied");

        string kill = Host.Write($"{Host.Directory()}/kill.json", """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}
            """);
        As.By(profile).Run("exec", "--security", $"seccomp:{kill}", Images.Directory, "mkdir", "/tmp/kerr-none").EndsBySignal(BadCall);
    }

    [Theory]
    [InlineData("apparmor:frob")]
    [InlineData("selinux:a:b:c:d")]
    public void A_label_that_this_host_does_not_know_is_a_warning(string security)
        => As.User.Run("exec", "--security", security, Images.Directory, "true").Ends(0).Warns("not enabled or supported");
}
