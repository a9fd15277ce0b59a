using System;
using Kerr.Cli.Commands;
using Kerr.Cli.Commands.Actions;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Cli.Options;

public class EnvironmentValuesTests
{
    [Theory]
    [InlineData("KERR_HOSTNAME=k", "APPTAINER_HOSTNAME=a", "SINGULARITY_HOSTNAME=s", "k")]
    [InlineData("SINGULARITY_HOSTNAME=s", "APPTAINER_HOSTNAME=a", "X=", "a")]
    [InlineData("SINGULARITY_HOSTNAME=s", "X=", "Y=", "s")]
    [InlineData("HOSTNAME=plain", "KERRHOSTNAME=x", "KERR_HOSTNAMEX=y", null)]
    public void The_first_prefix_that_is_there_counts(string a, string b, string c, string? expected)
        => Assert.Equal(expected, CommandLines.Exec([], a, b, c).Hostname);

    [Fact]
    public void The_command_line_beats_the_environment()
    {
        ActionOptions options = CommandLines.Exec(["--hostname", "flag", "--contain=false"], "KERR_HOSTNAME=variable", "KERR_CONTAIN=1");

        Assert.Equal("flag", options.Hostname);
        Assert.False(options.Contain);
        Assert.Equal(new ValueSource(ValueOrigin.Flag, "--hostname"), options.Source(IsolationOptions.Hostname));
    }

    [Fact]
    public void Binds_of_the_environment_are_added_behind_those_of_the_command_line()
    {
        ActionOptions options = CommandLines.Exec(
            ["-B", "/flag"], "SINGULARITY_BINDPATH=/older", "APPTAINER_BINDPATH=/path,/two", "APPTAINER_BIND=/bind");

        Assert.Equal(["/flag", "/bind", "/path,/two"], options.Binds);
        Assert.Equal(
            ["--bind", "$APPTAINER_BIND", "$APPTAINER_BINDPATH"],
            [options.Sources(MountOptions.Bind)[0].ToString(), options.Sources(MountOptions.Bind)[1].ToString(), options.Sources(MountOptions.Bind)[2].ToString()]);
    }

    [Fact]
    public void Mounts_are_added_too()
        => Assert.Equal(["a", "b"], CommandLines.Exec(["--mount", "a"], "APPTAINER_MOUNT=b").Mounts);

    [Fact]
    public void Other_lists_of_the_command_line_replace_those_of_the_environment()
    {
        Assert.Equal(["flag"], CommandLines.Exec(["--no-mount", "flag"], "APPTAINER_NO_MOUNT=tmp").NoMount);
        Assert.Equal(["tmp", "home"], CommandLines.Exec([], "APPTAINER_NO_MOUNT= tmp , home ").NoMount);
    }

    [Fact]
    public void The_first_key_of_an_option_counts()
        => Assert.Equal(["/a"], CommandLines.Exec([], "APPTAINER_SCRATCHDIR=/b", "APPTAINER_SCRATCH=/a").Scratch);

    [Theory]
    [InlineData("KERR_BIND=")]
    [InlineData("KERR_BIND=  ")]
    public void Blank_variables_are_no_values(string variable)
        => Assert.Empty(CommandLines.Exec([], variable).Binds);

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData(" yes ", true)]
    [InlineData("0", false)]
    [InlineData("FALSE", false)]
    public void Switches_take_any_truth_value(string text, bool expected)
        => Assert.Equal(expected, CommandLines.Exec([], "SINGULARITY_CONTAINALL=" + text).ContainAll);

    [Fact]
    public void A_variable_that_its_option_cannot_take_is_named()
    {
        UserException error = Assert.Throws<UserException>(() => CommandLines.Exec([], "SINGULARITY_CONTAIN=perhaps"));

        Assert.Contains("SINGULARITY_CONTAIN", error.Message, StringComparison.Ordinal);
        Assert.Equal("unset SINGULARITY_CONTAIN", error.Remedy);
    }

    [Theory]
    [InlineData("DOCKER_USERNAME=u", "u")]
    [InlineData("APPTAINER_DOCKER_USERNAME=a", "a")]
    public void Registry_credentials_need_no_prefix(string variable, string expected)
        => Assert.Equal(expected, CommandLines.Exec([], "SINGULARITY_DOCKER_USERNAME=last", variable).DockerUsername);

    [Fact]
    public void Variables_of_other_commands_and_unknown_ones_are_passed_over()
    {
        Invocation invocation = CommandLines.Parse(["exec", "i", "c"], "APPTAINER_SHELL=/bin/zsh", "SINGULARITY_CACHEDIR=/c", "APPTAINERENV_X=1", "SINGULARITY_", "A", "=x", "");

        Assert.Empty(invocation.Notes);
        Assert.Empty(invocation.Values.Options);
    }

    // Batch systems read the first line of standard error: nothing may be said unless asked for.
    [Fact]
    public void The_older_prefix_is_mentioned_to_who_asks_for_more_words_only()
    {
        Note note = Assert.Single(CommandLines.Exec([], "SINGULARITY_CONTAIN=1").Invocation.Notes);

        Assert.Equal(LogLevel.Verbose, note.Level);
        Assert.Contains("KERR_CONTAIN", note.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", 0)]
    [InlineData("0", 1)]
    public void Two_prefixes_with_different_values_are_worth_a_warning(string other, int warnings)
    {
        ActionOptions options = CommandLines.Exec([], "APPTAINER_CONTAIN=1", "SINGULARITY_CONTAIN=" + other);

        Assert.True(options.Contain);
        Assert.Equal(warnings, options.Invocation.Notes.Count);
        Assert.All(options.Invocation.Notes, note => Assert.Equal(LogLevel.Warning, note.Level));
    }

    [Fact]
    public void Help_does_not_look_at_the_environment()
        => Assert.True(CommandLines.Parse(["exec", "--help"], "KERR_CONTAIN=perhaps").HelpWanted);

    [Fact]
    public void Global_options_have_variables_too()
    {
        Invocation invocation = CommandLines.Parse(["version"], "APPTAINER_DEBUG=1", "KERR_CONFIG_FILE=/c");

        Assert.True(invocation.Values.Flag(GlobalOptions.Debug));
        Assert.Equal("/c", invocation.Values.Text(GlobalOptions.Config));
    }
}
