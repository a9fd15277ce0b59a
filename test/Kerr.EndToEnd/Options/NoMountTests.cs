using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>`--no-mount`, by name.</summary>
public class NoMountTests
{
    [Theory]
    [InlineData("proc", "test ! -e /proc/self")]
    [InlineData("sys", "test ! -e /sys/kernel")]
    [InlineData("dev", "test ! -e /dev/null")]
    [InlineData("tmp", "test -z \"$(ls -A /tmp)$(ls -A /var/tmp)\"")]
    [InlineData("proc,sys,tmp", "test ! -e /proc/self && test ! -e /sys/kernel && test -z \"$(ls -A /tmp)\"")]
    public void A_mount_stays_out(string name, string test)
    {
        As.User.In("/").Run("exec", "--no-mount", name, Images.Directory, "sh", "-c", test).Succeeds();
        As.User.In("/").Run("exec", Images.Directory, "sh", "-c", test).Ends(1);
    }

    [Fact]
    public void Home_stays_out()
        => As.User.In("/").Run("exec", "--no-mount", "home", Images.Directory, "test", "-e", TestUser.First.Home).Ends(1);

    [Fact]
    public void Devpts_stays_out_of_the_small_dev()
    {
        As.User.Run("exec", "-c", "--no-mount", "devpts", Images.Directory, "test", "-e", "/dev/pts/ptmx").Ends(1);
        As.User.Run("exec", "-c", Images.Directory, "test", "-e", "/dev/pts/ptmx").Succeeds();
    }

    [Fact]
    public void The_current_directory_stays_out()
    {
        string cwd = Host.Directory(TestUser.First);
        As.User.In(cwd).Run("exec", "--no-mount", "tmp,cwd", Images.Directory, "test", "-e", cwd).Ends(1);
        As.User.In(cwd).Run("exec", "--no-mount", "tmp", Images.Directory, "test", "-e", cwd).Succeeds();
    }

    [Theory]
    [InlineData("bind-paths")]
    [InlineData("/etc/hosts")]
    public void Binds_of_the_site_stay_out(string name)
    {
        As.User.Run("exec", "--no-mount", name, Images.Directory, "cat", "/etc/hosts").Prints("");
        As.User.Run("exec", Images.Directory, "test", "-s", "/etc/hosts").Succeeds();
    }

    [Fact]
    public void The_resolver_stays_out_by_its_path()
    {
        As.User.Run("exec", "--no-mount", "/etc/resolv.conf", Images.Directory, "cat", "/etc/resolv.conf").Prints("");
        As.User.Run("exec", Images.Directory, "cat", "/etc/resolv.conf").Prints(Host.Run("cat", "/etc/resolv.conf").TrimEnd('\n'));
    }

    [Fact]
    public void The_variable_does_the_same()
        => As.User.With("APPTAINER_NO_MOUNT=proc,sys").Run("exec", Images.Directory, "sh", "-c", "test ! -e /proc/self && test ! -e /sys/kernel").Succeeds();

    [Fact]
    public void A_name_that_is_none_is_said()
        => As.User.Run("exec", "--no-mount", "frob", Images.Directory, "true").IsFatal("--no-mount does not know frob");
}
