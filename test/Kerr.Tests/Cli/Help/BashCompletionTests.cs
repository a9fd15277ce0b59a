using System;
using System.Diagnostics;
using System.Linq;
using Kerr.Cli.Commands;
using Kerr.Cli.Help.Completion;
using Kerr.Cli.Options;
using Xunit;

namespace Kerr.Tests.Cli.Help;

/// <summary>What bash offers, asked of bash itself.</summary>
public class BashCompletionTests
{
    [Theory]
    [InlineData("kerr ex", "exec explain")]
    [InlineData("apptainer si", "sif")]
    [InlineData("kerr config ", "fakeroot global")]
    [InlineData("kerr exec --writ", "--writable --writable-tmpfs")]
    [InlineData("kerr exec --bind /a:/b --contain", "--contain --containall")]
    [InlineData("kerr exec --bind = /a --no-ho", "--no-home")]      // as bash splits --bind=/a
    [InlineData("kerr exec --bi", "--bind")]
    [InlineData("kerr exec --bind --no-ho", "")]            // the value of --bind: a file, which bash completes itself
    [InlineData("kerr exec image.sif --no-ho", "")]         // belongs to the payload
    [InlineData("kerr exec -- --no-ho", "")]
    [InlineData("kerr -c file exec --no-ho", "--no-home")]
    [InlineData("kerr explain --js", "--json")]
    [InlineData("kerr explain exec --no-ho", "--no-home")]
    [InlineData("kerr siftool li", "list")]
    [InlineData("kerr sif list --he", "--help")]
    [InlineData("kerr help insp", "inspect")]
    [InlineData("kerr completion ", "bash zsh fish")]
    [InlineData("kerr exec --pw", "")]                      // hidden
    public void It_offers_what_fits(string line, string offered)
        => Assert.Equal(offered, Offers(line));

    [Fact]
    public void Every_option_that_the_help_shows_is_offered()
    {
        foreach ((string path, Command command) in CommandLines.AllCommands().Where(command => !command.Command.Hidden && command.Path.Length > 0))
        {
            CompletionState state = CompletionState.All().Single(state => state.Path == path);
            string[] names = [.. state.Options.Select(option => option.Name)];

            Assert.Empty(command.Options().Where(option => !option.Hidden && option.Deprecated is null).Select(option => option.Name).Except(names));
            Assert.Equal(names.Length, names.Distinct().Count());
            Assert.DoesNotContain(state.Options.Where(option => option.Letter != '\0').GroupBy(option => option.Letter), group => group.Count() > 1);
        }
    }

    [Fact]
    public void A_letter_of_a_command_is_not_offered_as_a_global_one()
    {
        CompletedOption config = CompletionState.All().Single(state => state.Path == "exec").Options.Single(option => option.Name == GlobalOptions.Config.Name);

        Assert.Equal('\0', config.Letter);
    }

    private static string Offers(string line)
    {
        Need.Program("bash");
        string[] words = line.Split(' ');
        string array = string.Join(' ', words.Select(word => $"'{word}'"));
        using var directory = new TemporaryDirectory();
        string script = directory.Write("kerr", BashCompletion.Script());
        using Process bash = Process.Start(new ProcessStartInfo(
            "bash", ["-euc", $"source {script}; COMP_WORDS=({array}); COMP_CWORD={words.Length - 1}; _kerr || :; echo \"${{COMPREPLY[*]}}\""])
        {
            RedirectStandardOutput = true,
        })!;
        string output = bash.StandardOutput.ReadToEnd();
        bash.WaitForExit();
        Assert.Equal(0, bash.ExitCode);
        return output.TrimEnd('\n');
    }
}
