using System;
using System.Linq;
using System.Text;
using Kerr.Cli;
using Kerr.Cli.Commands;
using Kerr.Cli.Help;
using Kerr.Cli.Options;
using Xunit;

namespace Kerr.Tests.Cli.Help;

public class HelpTextTests
{
    private static readonly ProgramName s_kerr = new("kerr");

    [Fact]
    public void No_command_flag_or_variable_is_lost()
    {
        StringBuilder tree = new();

        foreach ((string path, Command command) in CommandLines.AllCommands().OrderBy(command => command.Path, StringComparer.Ordinal))
        {
            tree.Append(path.Length == 0 ? "(program)" : path).Append(command.Hidden ? " hidden" : "")
                .Append(command.Run is null ? " group" : $" {command.Arity}").Append('\n');

            foreach (Option option in (path.Length == 0 ? GlobalOptions.All : command.Options()).OrderBy(option => option.Name, StringComparer.Ordinal))
            {
                tree.Append("    ").Append(option.Display).Append(' ').Append(option.Kind)
                    .Append(option.Default.Length > 0 ? $" ={option.Default}" : "")
                    .Append(option.Keys.Length > 0 ? $" {string.Join(',', option.Keys)}" : "")
                    .Append(option.KeysWithoutPrefix ? " plain" : "").Append(option.EnvironmentAdds ? " adds" : "")
                    .Append(option.Hidden ? " hidden" : "").Append(option.Deprecated is null ? "" : " deprecated").Append('\n');
            }
        }

        Golden.Matches("commands.txt", tree.ToString());
    }

    [Fact]
    public void The_layout_is_the_golden_one()
        => Golden.Matches("help-config-global.txt", HelpText.Of(s_kerr, "config global", Find("config global")));

    [Fact]
    public void Lines_have_at_most_80_columns_unless_a_word_is_longer()
    {
        foreach ((string path, Command command) in CommandLines.AllCommands())
        {
            string help = HelpText.Of(s_kerr, path, command);
            Assert.DoesNotContain(help.Split('\n'), line => line.Length > TextLayout.Width && line.Trim().Contains(' ', StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Options_are_sorted_and_hidden_ones_left_out()
    {
        string help = HelpText.Of(s_kerr, "exec", Find("exec"));
        string[] names = [.. help.Split('\n').Where(line => line.Length > 8 && line[6..8] == "--" && (line[2] == '-' || line[..6] == "      "))
            .Select(line => line[6..].Split(' ')[0])];

        int globals = Array.LastIndexOf(names, "--build-config");
        Assert.Equal(names[..globals].Order(StringComparer.Ordinal), names[..globals]);
        Assert.Contains("--help", names);
        Assert.DoesNotContain("--pwd", names);
        Assert.DoesNotContain("--underlay", names);
    }

    [Fact]
    public void Options_that_a_launch_refuses_or_passes_over_are_marked()
    {
        string help = Flat("exec");
        Assert.Contains("take limits from a TOML file (refused by this version) [APPLY_CGROUPS]", help, StringComparison.Ordinal);
        Assert.Contains("keep the layers of an OCI image apart in an OCI-SIF (no effect in this version) [KEEP_LAYERS]", help, StringComparison.Ordinal);
        Assert.DoesNotContain("in this version", Flat("build"), StringComparison.Ordinal);   // it judges for itself
    }

    [Fact]
    public void Groups_list_their_commands_and_the_program_hides_the_hidden()
    {
        Assert.Contains("\nAvailable Commands:\n  fakeroot  ", HelpText.Of(s_kerr, "config", Find("config")), StringComparison.Ordinal);
        Assert.DoesNotContain("buildcfg", HelpText.Of(s_kerr, "", ProgramCommand.Declaration), StringComparison.Ordinal);
        Assert.Contains("\n  kerr [global options...] <command>\n", HelpText.Usage(s_kerr, "", ProgramCommand.Declaration), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_that_has_lines_in_the_table_has_its_groups_there_too()
    {
        foreach (CommandEntry entry in CommandTable.Entries.ToArray().Where(entry => entry.Group.Length > 0))
        {
            Command group = Find(entry.Group.ToString());
            Assert.True(group.Run is null || group.Arity == Arity.Exactly(0));      // else a word could be an argument or a command
        }
    }

    // The help without its line breaks.
    private static string Flat(string path)
        => string.Join(' ', HelpText.Of(s_kerr, path, Find(path)).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static Command Find(string path) => CommandLines.AllCommands().Single(command => command.Path == path).Command;
}
