using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S36: a payload with fewer rights than its caller types nothing into the caller's shell (CVE-2017-5226, CVE-2019-10063).</summary>
public class S36_TerminalInputTests
{
    [Fact]
    public void The_attack_succeeds_where_nothing_stands_in_its_way()
    {
        if (File.Exists("/proc/sys/dev/tty/legacy_tiocsti") && File.ReadAllText("/proc/sys/dev/tty/legacy_tiocsti").Trim() == "0")
        {
            return;     // this kernel itself refuses it
        }

        Assert.Contains("got:typed", OnRootsTerminal("setpriv --reuid=1234 --regid=1234 --clear-groups"), System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--security uid:1234,gid:1234")]
    [InlineData("--security uid:1234 -C")]
    [InlineData("--no-privs")]
    [InlineData("--drop-caps CAP_SYS_ADMIN")]
    [InlineData("--drop-caps all")]
    [InlineData("-u")]
    [InlineData("-u --fakeroot")]
    public void Nothing_that_is_less_than_root_types_into_roots_shell(string options)
    {
        string output = OnRootsTerminal($"{Tree.Bin("kerr")} exec {options} -B {Path.GetDirectoryName(Programs.Hostile)}:/programs {Images.Directory} env");
        Assert.Contains("refused: EPERM", output, System.StringComparison.Ordinal);
        Assert.DoesNotContain("got:typed", output, System.StringComparison.Ordinal);
    }

    /// <summary>What a shell of root shows that runs the attack as told, and then reads a line.</summary>
    private static string OnRootsTerminal(string prefix)
    {
        string program = prefix.StartsWith("setpriv", System.StringComparison.Ordinal) ? Programs.Hostile : "/programs/hostile";
        using Running running = As.Root.Named("/bin/bash").StartOnTerminal("-c", $"{prefix} {program} type 'typed\n'; line=; read -t 2 line; echo got:$line; echo done");
        running.WaitFor("done");
        running.Wait();
        return running.Out;
    }
}
