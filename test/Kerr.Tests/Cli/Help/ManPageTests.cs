using System;
using System.Linq;
using System.Text.RegularExpressions;
using Kerr.Cli.Commands;
using Kerr.Cli.Help;
using Kerr.Cli.Options;
using Xunit;

namespace Kerr.Tests.Cli.Help;

public class ManPageTests
{
    [Fact]
    public void There_is_a_page_for_every_command_that_is_shown()
    {
        string[] names = [.. ManPage.All().Select(page => page.Name)];

        Assert.Contains("kerr", names);
        Assert.Contains("kerr-exec", names);
        Assert.Contains("kerr-config-global", names);
        Assert.DoesNotContain("kerr-buildcfg", names);
        Assert.Equal(CommandLines.AllCommands().Count(command => !command.Command.Hidden), names.Length);
    }

    [Fact]
    public void The_layout_is_the_golden_one()
    {
        (string name, string path, Command command) = ManPage.All().Single(page => page.Name == "kerr-config-global");

        Golden.Matches("kerr-config-global.1", ManPage.Of(name, path, command));
    }

    [Fact]
    public void No_text_is_taken_for_a_request_or_an_escape()
    {
        foreach ((string name, string path, Command command) in ManPage.All())
        {
            string page = ManPage.Of(name, path, command);

            Assert.All(page.Split('\n').Where(line => line.StartsWith('.')), line => Assert.Matches(@"^\.(TH|SH|TP|PP|B|nf|fi)( |$)", line));
            Assert.DoesNotMatch(@"(?m)^'", page);
            Assert.DoesNotMatch(@"\\(?!-|f[BIR]|e|&|\((aq|ga|ha|ti))", page);
            Assert.DoesNotMatch(new Regex(@"(?<!\\)-"), page);
            Assert.DoesNotContain("\n\n", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_option_is_there_and_what_this_version_makes_of_it()
    {
        (string name, string path, Command command) = ManPage.All().Single(page => page.Name == "kerr-exec");
        string page = ManPage.Of(name, path, command);

        foreach (Option option in command.Options().Where(option => !option.Hidden && option.Deprecated is null))
        {
            Assert.Contains($"\\fB{("--" + option.Name).Replace("-", "\\-", StringComparison.Ordinal)}\\fR", page, StringComparison.Ordinal);
        }

        Assert.Contains("take limits from a TOML file (refused by this version) [APPLY_CGROUPS]\n", page, StringComparison.Ordinal);
    }
}
