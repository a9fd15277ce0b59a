using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F19: homes that are missing, closed, read-only or oddly named.</summary>
public class F19_HomeTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/no/such")]
    [InlineData("relative")]
    [InlineData("/with space")]
    [InlineData("/with:colon")]
    [InlineData("/with,comma")]
    [InlineData("/with\nnewline")]
    [InlineData("/with\\backslash\"quote'")]
    public void HOME_of_the_caller_does_not_keep_a_launch_from_its_home(string? value)
    {
        Caller caller = As.User.WithOnly($"PATH={Caller.DefaultPath}");
        caller = value is null ? caller : caller.With("HOME=" + value);
        caller.Run("exec", Images.Directory, "/bin/sh", "-c", "echo $HOME; cd && pwd").Prints($"{TestUser.First.Home}\n{TestUser.First.Home}");
    }

    [Fact]
    public void A_HOME_of_4000_characters_does_no_harm()
        => As.User.With("HOME=/" + new string('x', 4000)).Run("exec", Images.Directory, "/bin/sh", "-c", "echo $HOME").Prints(TestUser.First.Home);

    [Theory]
    [InlineData("with space")]
    [InlineData("with,comma")]
    [InlineData("with'quote\"")]
    [InlineData("with\\backslash")]
    [InlineData("w\u00C3\u00AFth")]
    public void A_home_of_that_name_is_mounted_under_it(string name)
    {
        string home = $"{Host.Directory()}/{name}";
        Host.Run("sh", "-c", "mkdir -m 700 \"$1\" && echo mine >\"$1/file\" && chown -R \"$2\" \"$1\"", "sh", Native(home), TestUser.First.Name);
        WithHome(home).Run("exec", Images.Directory, "/bin/sh", "-c", "cat $HOME/file 2>/dev/null || cat \"$HOME/file\"").Shows("mine");
    }

    [Fact]
    public void A_home_that_does_not_exist_is_empty_inside()
        => WithHome("/no/such/home").In("/").Run("exec", Images.Directory, "/bin/sh", "-c", "cd && pwd && ls -A").Shows("/no/such/home");

    [Fact]
    public void A_home_that_only_its_owner_may_enter_is_mounted()
    {
        // As root-squashed NFS shows it: the directories above can be passed, not listed.
        string parent = Host.Directory();
        Host.Run("sh", "-c", "mkdir -m 700 $1/home && echo mine >$1/home/file && chown -R $2 $1/home && chmod 711 $1", "sh", parent, TestUser.First.Name);
        foreach (string option in (string[])["--pid", "--fakeroot"])
        {
            WithHome(parent + "/home").In(parent + "/home").Run("exec", option, Images.Directory, "/bin/sh", "-c", "cat ~/file").Shows("mine");
        }
    }

    [Fact]
    public void A_home_that_is_closed_to_its_owner_is_an_error_with_a_way_out()
    {
        string parent = Host.Directory();
        Host.Run("sh", "-c", "mkdir -m 755 $1/above $1/above/home && chmod 700 $1/above", "sh", parent);
        Caller caller = WithHome(parent + "/above/home").In("/");
        Result result = caller.Run("exec", Images.Directory, "/bin/echo", "here");
        Assert.True(result.ExitCode == 0 || (result.ExitCode == 255 && result.Err.Contains("--no-home", StringComparison.Ordinal)), result.ToString());
        caller.Run("exec", "--no-home", Images.Directory, "/bin/echo", "here").Shows("here");
    }

    [Fact]
    public void A_read_only_home_stays_read_only()
    {
        string home = Host.Directory(TestUser.First);
        WithHome(home, $"mount --bind {home} {home}; mount -o remount,bind,ro {home};")
            .Run("exec", Images.Directory, "/bin/sh", "-c", "cd && pwd; touch ~/new && echo written").Ends(1).Warns("Read-only file system");
        Assert.False(File.Exists(home + "/new"));
    }

    [Fact]
    public void A_home_of_4000_characters_is_mounted_or_refused()
    {
        string home = Host.Directory();
        while (home.Length < 3800)
        {
            home += "/" + new string('h', 200);
        }

        Directory.CreateDirectory(home);
        Host.Own(home, TestUser.First);
        Result result = WithHome(home).In("/").Run("exec", Images.Directory, "/bin/sh", "-c", "cd && pwd");
        Assert.True(result.Line == home || result.Err.Contains("FATAL: ", StringComparison.Ordinal), result.ToString());
    }

    /// <summary>The test user with another home in the user database.</summary>
    private static Caller WithHome(string home, string script = "")
    {
        TestUser user = TestUser.First;
        string passwd = Host.Directory() + "/passwd";
        File.WriteAllText(passwd, $"root:x:0:0:root:/root:/bin/sh\n{user.Name}:x:{user.Uid}:{user.Gid}::{home}:/bin/sh\n", System.Text.Encoding.Latin1);
        File.SetUnixFileMode(passwd, Modes.Readable);
        return As.User.In("/").OnHost($"{script} mount --bind {passwd} /etc/passwd");
    }

    /// <summary>The bytes of a name as an argument of the host's programs, which are given as UTF-8.</summary>
    private static string Native(string name) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(name));
}
