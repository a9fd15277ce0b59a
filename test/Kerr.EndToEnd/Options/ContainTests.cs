using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--contain`, `--containall`, `--compat`: what the host still shows.</summary>
public class ContainTests
{
    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Contain_empties_the_temporary_directories(Profile profile)
    {
        // The directory of this run is in the host's /tmp.
        As.By(profile).Run("exec", Images.Directory, "ls", "/tmp").Shows(System.IO.Path.GetFileName(Tree.Run));
        As.By(profile).Run("exec", "--contain", Images.Directory, "sh", "-c", "ls -A /tmp /var/tmp; touch /tmp/f /var/tmp/f").Prints("/tmp:\n\n/var/tmp:");
    }

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Contain_has_a_small_dev(Profile profile)
    {
        string[] devices = As.By(profile).Run("exec", "--contain", Images.Directory, "ls", "/dev").Succeeds().Lines;
        string[] expected = ["fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"];
        Assert.Equal(expected, devices);
    }

    [Fact]
    public void The_small_dev_works()
        => As.User.Run("exec", "-c", Images.Directory, "sh", "-c",
            "echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x > /dev/full; echo y > /dev/shm/f; cat /dev/shm/f; echo out > /dev/stdout")
            .Shows("4\n4\ny\nout\n").Warns("No space left on device");

    [Fact]
    public void A_device_that_is_asked_for_joins_the_small_dev()
    {
        As.User.Run("exec", "-c", "-B", "/dev/fuse", Images.Directory, "test", "-c", "/dev/fuse").Succeeds();
        As.User.Run("exec", "-c", Images.Directory, "test", "-e", "/dev/fuse").Ends(1);
        As.User.Run("exec", "-c", "-B", "/dev", Images.Directory, "test", "-e", "/dev/fuse").Succeeds();
        As.User.Run("exec", "-c", "-B", "/dev/fuse:/dev/other", Images.Directory, "test", "-e", "/dev/other").Ends(1).Warns("must be the same below /dev");
    }

    [Fact]
    public void Contain_starts_in_the_home_and_keeps_the_current_directory_out()
        => As.User.In(Host.Directory(TestUser.First)).Run("exec", "-c", Images.Directory, "pwd").Prints(TestUser.First.Home);

    [Fact]
    public void Contain_keeps_environment_and_processes()
        => As.User.With("MINE=yes").Run("exec", "-c", Images.Directory, "sh", "-c", "echo $MINE; test -d /proc/1 && test $$ -gt 2 && echo processes").Prints("yes\nprocesses");

    [Theory]
    [InlineData(Profile.User)]
    [InlineData(Profile.Root)]
    [InlineData(Profile.Fakeroot)]
    public void Containall_hides_processes_and_environment(Profile profile)
    {
        Result result = As.By(profile).With("MINE=yes").Run("exec", "-C", Images.Directory, "sh", "-c", "echo \"[$MINE]\"; ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm");
        Assert.Equal("[]", result.Succeeds().Lines[0]);
        Assert.InRange(int.Parse(result.Lines[1], null), 2, 5);
        Assert.Equal("appinit", result.Lines[2]);
    }

    [Fact]
    public void Containall_has_an_ipc_namespace_of_its_own()
        => Assert.NotEqual(Host.Run("readlink", "/proc/self/ns/ipc").Trim(), As.User.Run("exec", "-C", Images.Directory, "readlink", "/proc/self/ns/ipc").Line);

    [Fact]
    public void Compat_is_contained_writable_without_appinit_and_with_the_usual_umask()
    {
        Caller user = As.User.With("MINE=yes").Under("sh", "-c", "umask 0077; exec \"$@\"", "sh");
        Result result = user.Run("exec", "--compat", Images.Directory, "sh", "-c", "echo \"[$MINE]\" $$; umask; touch /etc/new && ls /etc/new; ls -A /tmp").Succeeds();
        Assert.Equal(["[] 1", "0022", "/etc/new"], result.Lines);
    }

    [Fact]
    public void Compat_does_not_evaluate_variables()
        => As.User.With("APPTAINERENV_X=$(echo evaluated)").Run("exec", "--compat", Images.Directory, "sh", "-c", "echo \"$X\"").Prints("$(echo evaluated)");

    [Theory]
    [InlineData("APPTAINER_CONTAIN")]
    [InlineData("KERR_CONTAIN")]
    public void The_variable_does_the_same(string variable)
        => As.User.With($"{variable}=1").Run("exec", Images.Directory, "ls", "-A", "/tmp").Prints("");

    [Fact]
    public void The_time_zone_and_names_of_hosts_stay()
    {
        As.User.Run("exec", "-c", Images.Directory, "cat", "/etc/hosts").Prints(Host.Run("cat", "/etc/hosts").TrimEnd('\n'));
    }

    [Fact]
    public void Cleanenv_keeps_terminal_and_proxies_only()
    {
        Result result = As.User.With("MINE=yes", "http_proxy=http://p:1", "NO_PROXY=local", "TERM=vt52")
            .Run("exec", "--cleanenv", Images.Directory, "env").Succeeds();
        Assert.Contains("http_proxy=http://p:1", result.Lines);
        Assert.Contains("NO_PROXY=local", result.Lines);
        Assert.Contains("TERM=vt52", result.Lines);
        Assert.Contains("LANG=C", result.Lines);
        Assert.DoesNotContain(result.Lines, line => line.StartsWith("MINE=", StringComparison.Ordinal) || line.StartsWith("LOGNAME=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--contain")]
    [InlineData("--containall")]
    [InlineData("--compat")]
    public void Nothing_below_sys_can_be_written(string option)
        => As.User.Run("exec", option, Images.Directory, "sh", "-c", "grep -E '^[^ ]* /sys' /proc/mounts | grep -vE ' ro[ ,]'; echo end").Prints("end");
}
