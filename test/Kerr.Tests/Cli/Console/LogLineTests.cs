using Kerr.Cli.Commands;
using Kerr.Cli.Console;
using Xunit;

namespace Kerr.Tests.Cli.Console;

public class LogLineTests
{
    [Theory]
    [InlineData(-4, "FATAL:   it broke\n")]
    [InlineData(-3, "ERROR:   it broke\n")]
    [InlineData(-2, "WARNING: it broke\n")]
    [InlineData(1, "INFO:    it broke\n")]
    [InlineData(2, "VERBOSE: it broke\n")]
    [InlineData(5, "DEBUG:   it broke\n")]
    public void Level_and_colon_take_eight_columns(int level, string expected)
        => Assert.Equal(expected, LogLine.Format((LogLevel)level, "it broke\n", null, color: false, null, null));

    [Fact]
    public void A_remedy_stands_below_the_text()
        => Assert.Equal(
            "FATAL:   no such image\n         kerr pull it\n",
            LogLine.Format(LogLevel.Fatal, "no such image", "kerr pull it", color: false, null, null));

    [Theory]
    [InlineData("image \x1b[31mred\a\x7f\r\t", "FATAL:   image ?[31mred????\n")]
    [InlineData("image x\nFATAL:   forged", "FATAL:   image x\n         FATAL:   forged\n")]
    [InlineData("bytes \u0080\u00ff", "FATAL:   bytes \u0080\u00ff\n")]        // halves of letters, or of another encoding
    public void What_a_message_quotes_does_nothing_to_the_terminal(string text, string expected)
        => Assert.Equal(expected, LogLine.Format(LogLevel.Fatal, text, null, color: false, null, null));

    [Fact]
    public void Debug_lines_have_fixed_columns()
        => Assert.Equal(
            "DEBUG   [U=1000,P=33160]   Mounts.cs:152:MountTmp()                : Mounting directory: /tmp\n",
            LogLine.Format(
                LogLevel.Debug, "Mounting directory: /tmp", null, color: false,
                LogLine.Identity(1000, 33160), LogLine.Location("/src/Kerr.Runtime/Mounts.cs", 152, "MountTmp")));

    [Fact]
    public void A_remedy_follows_the_columns_of_debug_lines_even_when_one_overflows()
    {
        string location = LogLine.Location("A.cs", 1, new string('m', 60));
        string[] lines = LogLine.Format(LogLevel.Fatal, "text", "remedy", color: false, "[U=0,P=1]", location).Split('\n');

        Assert.Equal(lines[0].IndexOf("text", System.StringComparison.Ordinal), lines[1].IndexOf("remedy", System.StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-4, "\x1b[31mFATAL:  \x1b[0m t\n")]
    [InlineData(-2, "\x1b[33mWARNING:\x1b[0m t\n")]
    [InlineData(1, "\x1b[34mINFO:   \x1b[0m t\n")]
    [InlineData(2, "VERBOSE: t\n")]
    public void Colours_mark_the_level_alone(int level, string expected)
        => Assert.Equal(expected, LogLine.Format((LogLevel)level, "t", null, color: true, null, null));

    [Theory]
    [InlineData(new[] { "version" }, null, 1)]
    [InlineData(new[] { "-q", "version" }, null, -1)]
    [InlineData(new[] { "-s", "version" }, null, -3)]
    [InlineData(new[] { "-s", "-q", "version" }, null, -1)]
    [InlineData(new[] { "-v", "version" }, null, 4)]
    [InlineData(new[] { "-q", "-d", "version" }, null, 5)]
    [InlineData(new[] { "version" }, "APPTAINER_MESSAGELEVEL=5", 5)]
    [InlineData(new[] { "version" }, "SINGULARITY_MESSAGELEVEL=2", 2)]
    [InlineData(new[] { "version" }, "KERR_MESSAGELEVEL=-4", 1)]     // only raises
    [InlineData(new[] { "version" }, "KERR_MESSAGELEVEL=99", 5)]
    [InlineData(new[] { "version" }, "KERR_MESSAGELEVEL=loud", 1)]
    [InlineData(new[] { "-q", "version" }, "KERR_MESSAGELEVEL=5", -1)]
    [InlineData(new[] { "version" }, "SINGULARITY_SILENT=1", -3)]
    public void The_level_is_what_was_asked_for(string[] arguments, string? variable, int expected)
    {
        Invocation invocation = CommandLines.Parse(arguments, variable is null ? [] : [variable]);

        Assert.Equal((LogLevel)expected, Verbosity.Of(invocation.Values, invocation.Environment, out string? problem));
        Assert.Equal(variable == "KERR_MESSAGELEVEL=loud" ? "environment variable KERR_MESSAGELEVEL: \"loud\" is no number from 1 (default) to 5 (debug)" : null, problem);
    }

    [Theory]
    [InlineData("/usr/bin/apptainer", "apptainer version 1.5.3+kerr.")]
    [InlineData("singularity", "apptainer version 1.5.3+kerr.")]
    [InlineData("./kerr", "kerr version ")]
    [InlineData("/x/kerr-test", "kerr version ")]
    public void The_version_is_that_of_the_name_it_was_called_by(string called, string expected)
        => Assert.StartsWith(expected, Kerr.Cli.ProgramName.Of(called).VersionLine, System.StringComparison.Ordinal);
}
