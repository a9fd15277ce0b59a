using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Configuration;

/// <summary>`config global`: the administrator's editor of the configuration.</summary>
public class ConfigGlobalTests
{
    private readonly string file = ConfigurationFile.With();

    private Result Config(params string[] arguments) => As.Root.Run(["-c", file, "config", "global", .. arguments]);

    [Fact]
    public void Get_prints_the_value()
    {
        Config("--get", "mount proc").Prints("yes");
        Config("-g", "bind path").Prints("/etc/localtime,/etc/hosts");
    }

    [Fact]
    public void Set_changes_the_file_and_the_next_launch()
    {
        Config("--set", "mount proc", "no").Succeeds();
        Config("--get", "mount proc").Prints("no");
        As.User.Run("-c", file, "exec", Images.Directory, "test", "-e", "/proc/self").Ends(1);
        Config("--reset", "mount proc").Succeeds();
        As.User.Run("-c", file, "exec", Images.Directory, "test", "-e", "/proc/self").Ends(0);
    }

    [Fact]
    public void Lists_are_added_to_and_taken_from()
    {
        Config("-s", "bind path", "/etc/passwd:/etc/added").Succeeds();
        Config("-g", "bind path").Shows("/etc/passwd:/etc/added");
        Config("-u", "bind path", "/etc/hosts").Succeeds();
        Config("-g", "bind path").Hides("/etc/hosts");
    }

    [Fact]
    public void Dry_run_prints_and_changes_nothing()
    {
        string before = File.ReadAllText(file);
        Config("--dry-run", "--set", "mount proc", "no").Shows("mount proc = no");
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Theory]
    [InlineData("--set", "frob", "yes")]
    [InlineData("--set", "mount proc", "maybe")]
    [InlineData("--get", "frob")]
    public void What_is_no_setting_is_said(params string[] arguments)
        => Config(arguments).Ends(255).Warns("FATAL:");

    [Fact]
    public void A_user_who_may_not_write_the_file_is_told()
    {
        Result result = As.User.Run("-c", file, "config", "global", "--set", "mount proc", "no");
        result.Ends(255).Warns("FATAL:");
        Assert.Contains("mount proc = yes", File.ReadAllText(file), System.StringComparison.Ordinal);
    }
}
