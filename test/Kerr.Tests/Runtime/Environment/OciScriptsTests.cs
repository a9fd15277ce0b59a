using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kerr.Runtime.Environment;
using Xunit;

namespace Kerr.Tests.Runtime.Environment;

/// <summary>Runscripts of converted OCI images end in a command line, the same as when a shell runs them.</summary>
public sealed class OciScriptsTests
{
    private const string Quotes = "\"echo\" \"ENTRY 'q' \\\"d\\\" \\$DOLLAR\"";

    [Theory]
    [InlineData("", "\"sh\" \"-c\" \"a b\"", false, "", "sh|-c|a b")]
    [InlineData("", "\"sh\"", false, "echo|test", "echo|test")]
    [InlineData("", "\"sh\"", false, "echo|$HOME", "echo|/home/me")]
    [InlineData("", "\"sh\"", false, "sh|-c|echo \"hello there\"", "sh|-c|echo hello|there")] // quoting is used up
    [InlineData(Quotes, "", false, "", "echo|ENTRY 'q' \"d\" $DOLLAR")]
    [InlineData(Quotes, "", false, "a b|$HOME", "echo|ENTRY 'q' \"d\" $DOLLAR|a b|/home/me")]
    [InlineData("\"e\"", "\"c\" \"x\"", false, "", "e|c|x")]
    [InlineData("\"e\"", "\"c\" \"x\"", false, "y", "e|y")]
    [InlineData("\"e\"", "\"c\" \"x\"", true, "", "e|c|x")]
    [InlineData("\"e\"", "\"c\" \"x\"", true, "$HOME|a \"b\" c", "e|$HOME|a \"b\" c")]
    [InlineData("\"e\"", "", true, "y", "e|y")]
    [InlineData("", "\"c\" \"d\"", true, "", "c|d")]
    [InlineData("", "\"c\" \"d\"", true, "y", "y")]
    public void Computes_the_command_line(string entrypoint, string command, bool literal, string arguments, string expected)
    {
        string[] given = arguments.Length == 0 ? [] : arguments.Split('|');

        Assert.Equal(expected.Split('|'), CommandLine(Script(entrypoint, command), literal, given));
    }

    [Theory]
    [InlineData("", "\"sh\" \"-c\" \"a b\"", false)]
    [InlineData(Quotes, "", false)]
    [InlineData("\"e\" \"it's\"", "\"c\" \"\"", false)]
    [InlineData("\"e\" \"it's\"", "\"c\" \"\"", true)]
    [InlineData("", "\"c\" \"d\"", true)]
    public void Agrees_with_a_shell(string entrypoint, string command, bool literal)
    {
        string script = Script(entrypoint, command);
        string run = script.Replace("exec \"$@\"", "printf '%s|' \"$@\"; exit");
        foreach (string[] arguments in (string[][])[[], ["one"], ["a b", "", "$HOME", "it's", "\\$x"]])
        {
            List<EnvironmentVariable> environment = Environment(literal);

            string shell = RealShellOutput(run, environment, arguments);

            Assert.Equal(shell, string.Concat(CommandLine(script, literal, arguments)!.Select(a => a + "|")));
        }
    }

    [Fact]
    public void Understands_the_form_without_no_eval_of_older_releases()
    {
        string script = Script("\"e\"", "\"c\"");
        int from = script.IndexOf("if [ -n \"$SINGULARITY_NO_EVAL\"", System.StringComparison.Ordinal);
        int to = script.IndexOf("CMDLINE_ARGS=\"\"", System.StringComparison.Ordinal);

        Assert.Equal(["e", "x"], CommandLine(script[..from] + script[to..], false, "x"));
    }

    [Theory]
    [InlineData("$(id -u)")]
    [InlineData("`id`")]
    [InlineData("\"")]     // unbalanced, once joined to the others
    public void Leaves_arguments_that_need_a_shell_to_it(string argument)
    {
        Assert.Null(CommandLine(Script("\"e\"", ""), false, argument));
    }

    [Fact]
    public void Leaves_other_scripts_to_a_shell()
    {
        Assert.Null(CommandLine("#!/bin/sh\nexec echo \"$@\"\n", false));
        Assert.Null(CommandLine("#!/bin/sh\n# eval \"set ${SINGULARITY_OCI_RUN}\"\nexec echo \"$@\"\n", false));
        Assert.Null(CommandLine("#!/bin/sh\nls\neval \"set ${SINGULARITY_OCI_RUN}\"\nexec echo \"$@\"\n", false));
    }

    private static List<EnvironmentVariable> Environment(bool literal) =>
        [new("HOME", "/home/me"), new("PATH", "/usr/bin"), .. literal ? [new EnvironmentVariable("SINGULARITY_NO_EVAL", "1")] : (EnvironmentVariable[])[]];

    private static string RealShellOutput(string script, List<EnvironmentVariable> environment, string[] arguments) =>
        Shell.RealShell.Output("dash", script, environment, arguments);

    private static IReadOnlyList<string>? CommandLine(string script, bool literal, params string[] arguments) =>
        OciScripts.CommandLine(Encoding.Latin1.GetBytes(script), arguments, Environment(literal), 1000, 1000);

    /// <summary>A script of the shape that conversions write: the words twice, evaluated and literal.</summary>
    private static string Script(string entrypoint, string command)
    {
        string prependEntrypoint = Prepend(entrypoint);
        string prependCommand = Prepend(command);
        string both = entrypoint.Length > 0
            ? $"if [ $# -gt 0 ]; then\n{prependEntrypoint}else\n{prependCommand}{prependEntrypoint}:\nfi\n"
            : $"if [ $# -eq 0 ]; then\n{prependCommand}:\nfi\n";
        return $$"""
            #!/bin/sh
            OCI_ENTRYPOINT='{{entrypoint.Replace("'", "'\"'\"'")}}'
            OCI_CMD='{{command.Replace("'", "'\"'\"'")}}'

            if [ -n "$SINGULARITY_NO_EVAL" ]; then
                {{both}}
                exec "$@"
            fi

            CMDLINE_ARGS=""
            for arg in "$@"; do
                CMDLINE_ARGS="${CMDLINE_ARGS} \"$arg\""
            done
            if [ -z "$OCI_CMD" ] && [ -n "$OCI_ENTRYPOINT" ]; then
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT}"
            fi
            if [ -n "$OCI_CMD" ] && [ -z "$OCI_ENTRYPOINT" ]; then
                SINGULARITY_OCI_RUN="${OCI_CMD}"
            fi
            if [ $# -gt 0 ]; then
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${CMDLINE_ARGS}"
            else
                SINGULARITY_OCI_RUN="${OCI_ENTRYPOINT} ${OCI_CMD}"
            fi

            eval "set ${SINGULARITY_OCI_RUN}"
            exec "$@"
            """;
    }

    /// <summary>The words of a quoted list, put before the arguments one by one from the last.</summary>
    private static string Prepend(string quoted)
    {
        string[] words = [.. quoted.Split('"').Where((_, i) => i % 2 == 1)];
        return string.Concat(words.Reverse().Select(word => $"set -- '{word.Replace("'", "'\"'\"'")}' \"$@\"\n"));
    }
}
