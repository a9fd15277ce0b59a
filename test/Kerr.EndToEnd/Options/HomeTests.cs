using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>The home directory: the caller's own, another, or none.</summary>
public class HomeTests
{
    private readonly string home = TestUser.First.Home;

    [Fact]
    public void The_home_is_the_callers_and_writable()
    {
        string marker = $"{home}/kerr-marker";
        try
        {
            As.User.Run("exec", Images.Directory, "sh", "-c", "echo here > $HOME/kerr-marker; echo $HOME").Prints(home);
            Assert.Equal("here\n", System.IO.File.ReadAllText(marker));
        }
        finally
        {
            System.IO.File.Delete(marker);
        }
    }

    [Fact]
    public void Home_of_one_path_is_mounted_there()
    {
        string other = Host.Directory(TestUser.First);
        Host.Write($"{other}/in", "other home\n");
        As.User.Run("exec", "--no-mount", "tmp", "--home", other, Images.Directory, "sh", "-c", "echo $HOME; cat ~/in; grep ^kerr /etc/passwd | cut -d: -f6").Prints($"{other}\nother home\n{other}");
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "--contain")]
    public void Home_of_two_paths_puts_the_first_at_the_second(params string[] action)
    {
        string other = Host.Directory(TestUser.First);
        Host.Write($"{other}/in", "other home\n");
        As.User.Run([.. action, "-H", $"{other}:/home/elsewhere", Images.Directory, "sh", "-c", "echo $HOME; cat ~/in; touch ~/new; grep ^kerr /etc/passwd | cut -d: -f6"])
            .Prints("/home/elsewhere\nother home\n/home/elsewhere");
        Assert.True(System.IO.File.Exists($"{other}/new"));
    }

    [Fact]
    public void A_relative_home_counts_from_the_current_directory()
    {
        string other = Host.Directory(TestUser.First);
        Host.Write($"{other}/sub/in", "sub\n");
        As.User.In(other).Run("exec", "--home", "sub:/home/x", Images.Directory, "sh", "-c", "cat ~/in").Prints("sub");
    }

    [Fact]
    public void No_home_leaves_it_out_and_keeps_the_variable()
    {
        // From elsewhere: a current directory in the home is kept.
        As.User.In("/").Run("exec", "--no-home", Images.Directory, "sh", "-c", $"echo $HOME; test ! -e {home}").Prints(home);
    }

    [Fact]
    public void No_home_keeps_a_current_directory_that_is_the_home()
        => As.User.In(home).Run("exec", "--no-home", Images.Directory, "sh", "-c", "pwd; test -O .").Prints(home);

    [Fact]
    public void The_contained_home_is_empty_writable_and_goes()
    {
        Host.Write($"{home}/kerr-secret", "secret\n");
        try
        {
            As.User.Run("exec", "--contain", Images.Directory, "sh", "-c", "ls -A ~; touch ~/new && pwd").Prints(home);
            Assert.False(System.IO.File.Exists($"{home}/new"));
        }
        finally
        {
            System.IO.File.Delete($"{home}/kerr-secret");
        }
    }

    [Fact]
    public void Root_has_its_own_home()
        => As.Root.Run("exec", Images.Directory, "sh", "-c", "echo $HOME; stat -c %i /root").Prints($"/root\n{Host.Run("stat", "-c", "%i", "/root").Trim()}");

    [Fact]
    public void Fakeroot_has_the_callers_home_at_root()
        => As.Fakeroot.In("/").Run("exec", Images.Directory, "sh", "-c", "echo $HOME; stat -c %i /root").Prints($"/root\n{Host.Run("stat", "-c", "%i", home).Trim()}");

    [Theory]
    [InlineData("/a:/b:/c", "incorrect number of elements")]
    [InlineData("/tmp:relative", "is not absolute")]
    public void What_is_no_home_is_said(string value, string message)
        => As.User.Run("exec", "--home", value, Images.Directory, "true").IsFatal(message);

    [Fact]
    public void The_variable_sets_it_and_the_option_wins()
    {
        string other = Host.Directory(TestUser.First);
        As.User.With($"APPTAINER_HOME={other}:/home/variable").Run("exec", Images.Directory, "sh", "-c", "echo $HOME").Prints("/home/variable");
        As.User.With($"APPTAINER_HOME={other}:/home/variable").Run("exec", "--home", $"{other}:/home/option", Images.Directory, "sh", "-c", "echo $HOME").Prints("/home/option");
    }
}
