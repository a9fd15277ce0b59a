using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Options;

/// <summary>Where the payload starts: `--cwd`, `--pwd`, and the caller's directory.</summary>
public class WorkingDirectoryTests
{
    [Theory]
    [InlineData("--cwd")]
    [InlineData("--pwd")]
    public void The_option_says_where(string option)
        => As.User.Run("exec", option, "/usr/bin", Images.Directory, "pwd").Prints("/usr/bin");

    [Fact]
    public void The_variables_say_where()
    {
        foreach (string name in (string[])["CWD", "TARGET_CWD", "PWD", "TARGET_PWD"])
        {
            As.User.With($"APPTAINER_{name}=/usr").Run("exec", Images.Directory, "pwd").Prints("/usr");
        }
    }

    [Fact]
    public void One_that_is_not_there_is_fatal()
        => As.User.Run("exec", "--pwd", "/no/such", Images.Directory, "pwd").IsFatal("/no/such");

    [Fact]
    public void The_callers_directory_is_kept_with_what_is_in_it()
    {
        string cwd = Host.Directory(TestUser.First);
        Host.Write($"{cwd}/in", "here\n");
        As.User.In(cwd).Run("exec", "--no-mount", "tmp", Images.Directory, "sh", "-c", "pwd; cat in; touch new").Prints($"{cwd}\nhere");
        Assert.True(System.IO.File.Exists($"{cwd}/new"));
    }

    [Theory]
    [InlineData("/etc", "os-release")]      // the image's, although the host has one as well
    [InlineData("/usr", "bin")]
    public void A_directory_of_the_system_is_the_images(string cwd, string file)
    {
        As.User.In(cwd).Run("exec", Images.Directory, "sh", "-c", $"pwd; test -e {file}").Prints(cwd);
        As.User.In("/etc").Run("exec", Images.Directory, "cat", "os-release").Prints("ID=busybox-test\nVERSION_ID=1");
    }

    [Fact]
    public void A_directory_below_the_home_is_there_by_the_home()
    {
        string cwd = $"{TestUser.First.Home}/kerr-cwd";
        System.IO.Directory.CreateDirectory(cwd);
        try
        {
            As.User.In(cwd).Run("exec", Images.Directory, "pwd").Prints(cwd);
            As.User.In(cwd).Run("exec", "--no-home", Images.Directory, "pwd").Prints(cwd);
        }
        finally
        {
            System.IO.Directory.Delete(cwd);
        }
    }

    [Fact]
    public void One_that_is_not_in_the_container_gives_way_to_the_home()
    {
        string cwd = Host.Directory(TestUser.First);
        Result result = As.User.In(cwd).Run("exec", "--no-mount", "tmp,cwd", Images.Directory, "pwd").Succeeds();
        Assert.Equal(TestUser.First.Home, result.Line);
        result.Warns(cwd);
    }

    [Fact]
    public void A_directory_that_was_deleted_does_not_stop_a_launch()
    {
        string cwd = Host.Directory(TestUser.First) + "/gone";
        System.IO.Directory.CreateDirectory(cwd);
        Result result = As.User.In(cwd).Under("sh", "-c", $"rmdir {cwd}; exec \"$@\"", "sh").Run("exec", Images.Directory, "echo", "ran").Succeeds();
        Assert.Equal("ran", result.Line);
    }
}
