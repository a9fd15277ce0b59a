using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Environment;
using Xunit;

namespace Kerr.Tests.Runtime.Environment;

/// <summary>Environment files are shell in which every assignment counts and nothing runs.</summary>
public sealed class EnvFileTests
{
    [Theory]
    [InlineData("A=1\nB='two words' # comment\n\nexport C=\"x$A\"", "A=1|B=two words|C=x1")]
    [InlineData("PATH=\"\\$PATH:/\"", "PATH=$PATH:/")]            // one level of quoting is used up here
    [InlineData("A=$FOO", "A=bar")]                               // host variables are visible, and not in the result
    [InlineData("FOO=$FOO:new", "FOO=bar:new")]
    [InlineData("export FOO", "FOO=bar")]
    [InlineData("A=$APPTAINER_IMAGE", "A=image.sif")]
    [InlineData("A=$1-$#-$UID-$GID", "A=cmd-2-1000-100")]
    [InlineData("HOME=/x\nPWD=/y\nIFS=,\nOPTIND=3\nA=1", "A=1")]  // these are the runtime's
    [InlineData("UID=5\nA=$UID", "A=1000")]                       // read-only, and no reason to give up
    [InlineData("A=1; unset A; B=2", "B=2")]
    [InlineData("if [ -n \"$FOO\" ]; then A=yes; fi", "A=yes")]
    [InlineData("A=$(echo x)", "A=x")]
    [InlineData("", "")]
    public void Yields_what_is_assigned(string text, string expected)
    {
        Assert.Equal(expected, string.Join('|', HostEnvironmentTests.Texts(Evaluate(text).Variables)));
    }

    [Fact]
    public void Bytes_of_any_encoding_survive()
    {
        Assert.Equal([new("A", "\u00ff\u00c3")], Evaluate("A=\u00ff\u00c3").Variables);
    }

    [Fact]
    public void Of_several_files_the_later_wins_and_none_sees_another()
    {
        Assert.Equal(
            ["A=1", "B=3", "C=[]"], HostEnvironmentTests.Texts(Evaluate("A=1\nB=2", "B=3\nC=\"[$A]\"\nunset A").Variables));
    }

    [Fact]
    public void What_a_file_prints_is_kept()
    {
        Assert.Equal("hello\n1", Evaluate("echo hello", "printf %s 1").Output);
    }

    [Theory]
    [InlineData("A=$(id -u)", "while processing f1: line 1: could not execute \"id -u\": execution is disabled")]
    [InlineData("A=1\nls -l /", "while processing f1: line 2: could not execute \"ls -l /\": execution is disabled")]
    [InlineData(
        "echo x > /tmp/y", "while processing f1: line 1: could not open/create/modify \"/tmp/y\": file feature is disabled")]
    [InlineData(
        "true >/dev/null", "while processing f1: line 1: could not open/create/modify \"/dev/null\": file feature is disabled")]
    [InlineData(
        "source /etc/profile", "while processing f1: line 1: could not open/create/modify \"/etc/profile\": file feature is disabled")]
    [InlineData("A=(1 2)", "while processing f1: line 1: an array is not possible in an environment file")]
    [InlineData("A='x", "environment file f1 cannot be evaluated: line 1: syntax error: a single quote is not closed")]
    [InlineData("A=${B:?missing}", "environment file f1 cannot be evaluated: line 1: B: missing")]
    public void Says_what_is_not_possible(string text, string message)
    {
        var error = Assert.Throws<UserException>(() => Evaluate(text));

        Assert.Equal(message, error.Message);
        Assert.NotNull(error.Remedy);
    }

    private static EnvFileResult Evaluate(params string[] texts) => EnvFile.Evaluate(
        [.. texts.Select((text, i) => KeyValuePair.Create($"f{i + 1}", Encoding.Latin1.GetBytes(text)))],
        ["cmd", "arg"],
        [new("FOO", "bar"), new("HOME", "/home/me")],
        "image.sif",
        1000,
        100);
}
