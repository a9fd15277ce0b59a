using System;
using Kerr.Cli;
using Kerr.Cli.Commands;
using Kerr.Cli.Help;
using Xunit;

namespace Kerr.Tests.Cli.Options;

public class UsageErrorTests
{
    // Wrappers of job systems look for these texts.
    [Theory]
    [InlineData("unknown flag: --x", "exec", "--x", "i", "c")]
    [InlineData("unknown flag: --x", "exec", "--x=1", "i", "c")]
    [InlineData("unknown shorthand flag: 'x' in -x", "exec", "-x", "i", "c")]
    [InlineData("unknown shorthand flag: 'x' in -xC", "exec", "-CxC", "i", "c")]
    [InlineData("flag needs an argument: --bind", "exec", "--bind")]
    [InlineData("flag needs an argument: 'B' in -B", "exec", "-CB")]
    [InlineData("bad flag syntax: ---x", "exec", "---x")]
    [InlineData("bad flag syntax: --=x", "exec", "--=x")]
    [InlineData("invalid argument \"maybe\" for \"-c, --contain\" flag: neither true nor false", "exec", "--contain=maybe")]
    [InlineData("invalid argument \"many\" for \"--pids-limit\" flag: not a whole number", "exec", "--pids-limit", "many")]
    [InlineData("invalid argument \"A\" for \"--env\" flag: A must be formatted as key=value", "exec", "--env", "A")]
    [InlineData("requires at least 2 arg(s), only received 1", "exec", "image.sif")]
    [InlineData("requires at least 1 arg(s), only received 0", "run")]
    [InlineData("accepts 2 arg(s), received 3", "build", "a", "b", "c")]
    [InlineData("accepts between 1 and 2 arg(s), received 0", "config", "global", "--get")]
    [InlineData("unknown command \"bogus\" for \"apptainer\"", "bogus")]
    [InlineData("unknown command \"bogus\" for \"apptainer config\"", "config", "bogus")]
    [InlineData("unknown flag: --boot", "exec", "--boot", "i", "c")]   // an option of instances
    [InlineData("unknown flag: --version", "exec", "--version", "i", "c")]
    [InlineData("unknown flag: --shell", "run", "--shell", "/bin/sh", "i")]
    public void The_reason_is_told_in_the_words_of_the_peers(string reason, params string[] arguments)
        => Assert.Equal(reason, CommandLines.Fails(arguments).Message);

    [Fact]
    public void A_mistake_shows_the_form_of_the_command_and_where_more_is()
    {
        string options = HelpText.OfUsageError(new ProgramName("singularity"), CommandLines.Fails("exec", "--x"));
        string usage = HelpText.OfUsageError(new ProgramName("singularity"), CommandLines.Fails("exec", "i"));

        Assert.StartsWith("Error for command \"exec\": unknown flag: --x\n\nUsage:\n  singularity exec [options]", options, StringComparison.Ordinal);
        Assert.True(options.Split('\n').Length < 10, options);
        Assert.StartsWith("Error for command \"exec\": requires at least 2", usage, StringComparison.Ordinal);
        Assert.Contains("\nUsage:\n  singularity exec [options] <image>", usage, StringComparison.Ordinal);
        Assert.All([options, usage], text => Assert.EndsWith(
            "\n\nRun 'singularity exec --help' for more detailed usage information.\n", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--contain", "exec", "--contian", "i", "c")]
    [InlineData("--writable-tmpfs", "exec", "--writable-tmp=true", "i", "c")]
    [InlineData("--dry-run", "config", "global", "--dryrun", "mount home")]
    [InlineData("apptainer exec", "exce", "i", "c")]
    [InlineData("apptainer config global", "config", "globl")]
    [InlineData(null, "exec", "--frobnicate", "i", "c")]
    [InlineData(null, "xyzzy")]
    [InlineData(null, "exec", "--pw", "/", "i", "c")]  // near are hidden ones only
    public void What_was_most_likely_meant_is_told(string? meant, params string[] arguments)
    {
        string text = HelpText.OfUsageError(new ProgramName("apptainer"), CommandLines.Fails(arguments));

        if (meant is null)
        {
            Assert.DoesNotContain("Did you mean", text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains($"\nDid you mean {meant}?\n\n", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("plugin", "list")]
    [InlineData("instance", "list")]
    [InlineData("checkpoint")]
    public void A_command_of_the_peers_that_is_not_there_is_called_so(params string[] arguments)
        => Assert.Equal($"the command \"{arguments[0]}\" is not in this version", CommandLines.Fails(arguments).Message);

    [Fact]
    public void No_command_that_is_there_is_called_missing()
        => Assert.DoesNotContain(CommandLines.AllCommands(), command => MissingCommands.Has("", command.Path));

    [Fact]
    public void The_last_word_of_a_path_names_the_command()
        => Assert.StartsWith("Error for command \"global\": ",
            HelpText.OfUsageError(new ProgramName("kerr"), CommandLines.Fails("config", "global")), StringComparison.Ordinal);

    [Theory]
    [InlineData(1, 1, 1, null)]
    [InlineData(0, 1, 2, "accepts at most 1 arg(s), received 2")]
    [InlineData(2, int.MaxValue, 99, null)]
    public void Arity_tells_what_is_wrong(int least, int most, int count, string? problem)
        => Assert.Equal(problem, new Arity(least, most).Problem(count));
}
