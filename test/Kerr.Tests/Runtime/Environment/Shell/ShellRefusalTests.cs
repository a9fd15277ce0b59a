using System;
using System.Linq;
using System.Text;
using Kerr.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Runtime.Environment.Shell;

/// <summary>What the interpreter steps back from, and that it always comes to an end.</summary>
public sealed class ShellRefusalTests
{
    [Theory]
    [InlineData("\nls -l", 2, "ls -l", ShellRefusal.Command)]
    [InlineData("R=$(id -u)", 1, "id -u", ShellRefusal.Command)]
    [InlineData("R=`uname`", 1, "uname", ShellRefusal.Command)]
    [InlineData(": > /tmp/x", 1, "/tmp/x", ShellRefusal.Redirection)]
    [InlineData("echo x", 1, "output of the script", ShellRefusal.Construct)]
    [InlineData("true | false", 1, "a pipe", ShellRefusal.Construct)]
    [InlineData("true\ntrue &", 2, "a command in the background", ShellRefusal.Construct)]
    [InlineData(": <<E\nx\nE", 1, "a here-document or duplicated descriptor", ShellRefusal.Construct)]
    [InlineData(": >&2", 1, "a duplicated descriptor", ShellRefusal.Construct)]
    [InlineData("cd /", 1, "cd", ShellRefusal.Construct)]
    [InlineData("exit 1", 1, "exit", ShellRefusal.Construct)]
    [InlineData("umask 022", 1, "umask", ShellRefusal.Construct)]
    [InlineData("set -e", 1, "set", ShellRefusal.Construct)]
    [InlineData("shift", 1, "shift", ShellRefusal.Construct)]
    [InlineData("exec ls", 1, "exec", ShellRefusal.Construct)]
    [InlineData("trap '' INT", 1, "trap", ShellRefusal.Construct)]
    [InlineData("read x", 1, "read", ShellRefusal.Construct)]
    [InlineData("command -v ls", 1, "command", ShellRefusal.Construct)]
    [InlineData("f() { local x=1; }\nf", 1, "local variable x", ShellRefusal.Construct)]
    [InlineData("f() { declare x=1; }; f", 1, "local variable x", ShellRefusal.Construct)]
    [InlineData("export -p", 1, "export -p", ShellRefusal.Construct)]
    [InlineData("export", 1, "export without operands", ShellRefusal.Construct)]
    [InlineData("export a.b=1", 1, "export of \"a.b\", which names no variable", ShellRefusal.Construct)]
    [InlineData("A=(1 2)", 1, "an array", ShellRefusal.Construct)]
    [InlineData("A[0]=1", 1, "an array", ShellRefusal.Construct)]
    [InlineData("R=${A[0]}", 1, "an array element", ShellRefusal.Construct)]
    [InlineData("R=${A^^}", 1, "an expansion of bash", ShellRefusal.Construct)]
    [InlineData(": {a,b}", 1, "a brace expansion", ShellRefusal.Construct)]
    [InlineData("R=~root", 1, "the home directory of another user", ShellRefusal.Construct)]
    [InlineData(": /hidden/*", 1, "matching file names with \"/hidden/*\"", ShellRefusal.Construct)]
    [InlineData(": /bound/*", 1, "matching file names with \"/bound/*\"", ShellRefusal.Construct)]
    [InlineData(": *.sh", 1, "matching file names with \"*.sh\"", ShellRefusal.Construct)]
    [InlineData("((1))", 1, "an arithmetic command", ShellRefusal.Construct)]
    [InlineData("R=$((A=1))", 1, "arithmetic at \"=1\"", ShellRefusal.Construct)]
    [InlineData("R=$((A+=1))", 1, "arithmetic at \"+=1\"", ShellRefusal.Construct)]
    [InlineData("R=$((A++))", 1, "arithmetic at \"++\"", ShellRefusal.Construct)]
    [InlineData("R=$((08))", 1, "arithmetic at \"08\"", ShellRefusal.Construct)]
    [InlineData("A=x; R=${A:1:-1}", 1, "a slice that ends before it begins", ShellRefusal.Construct)]
    [InlineData("R=\"${A:-it's}\"", 1, "a single quote inside \"${}\"", ShellRefusal.Construct)]
    [InlineData("R=\"${A:-'}'}\"", 1, "a single quote inside \"${}\"", ShellRefusal.Construct)]
    [InlineData("A=x; B=\\&; R=${A/x/$B}", 1, "a replacement with & or a backslash", ShellRefusal.Construct)]
    [InlineData("R=$$", 1, "$$", ShellRefusal.Construct)]
    [InlineData("R=$RANDOM", 1, "$RANDOM", ShellRefusal.Construct)]
    [InlineData("[ -t 0 ]", 1, "test -t", ShellRefusal.Construct)]
    [InlineData("[ a -nt b ]", 1, "test -nt", ShellRefusal.Construct)]
    [InlineData("[ x -gt 1 ]", 1, "comparing \"x\" and \"1\" as numbers", ShellRefusal.Construct)]
    [InlineData("[ -d rel ]", 1, "test -d rel, which is not known before the launch", ShellRefusal.Construct)]
    [InlineData("[ -d /bound ]", 1, "test -d /bound, which is not known before the launch", ShellRefusal.Construct)]
    [InlineData(". name", 1, "sourcing \"name\", which is no absolute path", ShellRefusal.Construct)]
    [InlineData(". /bound", 1, "sourcing /bound", ShellRefusal.Construct)]
    [InlineData("R=$(echo 'a\\nb')", 1, "echo with a backslash", ShellRefusal.Construct)]
    [InlineData("R=$(printf %x 1)", 1, "printf with this format", ShellRefusal.Construct)]
    public void Refuses_what_needs_a_real_shell(string script, int line, string construct, ShellRefusal refusal)
    {
        MapFiles files = new MapFiles().AddUnknown("/bound").Add("/hidden/");

        var error = Assert.Throws<ShellUnsupportedException>(() => ShellInterpreterTests.Run(script, files));

        Assert.Equal(("script", line, construct, refusal), (error.File, error.Line, error.Construct, error.Refusal));
    }

    [Theory]
    [InlineData("R='a", "a single quote is not closed")]
    [InlineData("R=\"a", "a double quote is not closed")]
    [InlineData("R=`a", "a backquote is not closed")]
    [InlineData("R=${a", "${ is not closed")]
    [InlineData("R=${}", "${ without a name")]
    [InlineData("R=$(a", "the script ends too early")]
    [InlineData("if true; then R=1", "the script ends too early")]
    [InlineData("fi", "unexpected \"fi\"")]
    [InlineData("true;; R=1", "unexpected \";\"")]
    [InlineData("a && || b", "unexpected \"|\"")]
    [InlineData("( true", "the script ends too early")]
    [InlineData("true )", "unexpected \")\"")]
    [InlineData("for 1 in a; do :; done", "for without a name")]
    [InlineData("case a in b", "the script ends too early")]
    [InlineData("[[ a =~ b ]]", "a regular expression or unknown operator in [[ ]]")]
    [InlineData("cat <(ls)", "process substitution")]
    [InlineData(": >", "the script ends too early")]
    public void Says_what_is_wrong_with_the_syntax(string script, string what)
    {
        var error = Assert.Throws<ShellErrorException>(() => ShellInterpreterTests.Run(script));

        Assert.Equal("syntax error: " + what, error.What);
    }

    [Theory]
    [InlineData("R=${A:?not here}", "A: not here")]
    [InlineData("R=${A?}", "A: parameter not set")]
    [InlineData("R=$((1/0))", "division by zero or overflow in an arithmetic expression")]
    [InlineData("[ a = a", "[: missing ]")]
    public void An_error_of_the_script_is_told_with_its_place(string script, string what)
    {
        var error = Assert.Throws<ShellErrorException>(() => ShellInterpreterTests.Run("\n" + script));

        Assert.Equal((2, what), (error.Line, error.What));
    }

    [Theory]
    [InlineData("while true; do :; done")]
    [InlineData("while true; do\ndone")]
    [InlineData("f() { f; }; f")]
    [InlineData("f() { eval f; }; f")]
    [InlineData(". /self")]
    [InlineData("R=xxxxxxxx; while true; do R=$R$R; done")]
    [InlineData("R=xxxxxxxx; while true; do R+=$R; done")]
    [InlineData("R=xxxxxxxx; while true; do R=${R//x/xx}; done")]
    [InlineData("R=$(while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done)")]
    [InlineData("R=$((R)); R=R; R=$((R))")]
    public void Stops_what_would_not_end(string script)
    {
        MapFiles files = new MapFiles().Add("/self", ". /self");

        Assert.Throws<ShellUnsupportedException>(() => ShellInterpreterTests.Run(script, files));
    }

    [Theory]
    [InlineData("$(", ")")]
    [InlineData("${A:-", "}")]
    [InlineData("\"${A:-", "}\"")]
    public void Refuses_words_nested_too_deeply(string open, string close) => RefusesDepth("R=", open, "", close);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("{ ", "; }")]
    [InlineData("if true; then ", "; fi")]
    [InlineData("! ! (", ")")]
    [InlineData("f() ", "")]
    [InlineData("[[ ( ", " ) ]]")]
    [InlineData("[[ ! ", "")]
    public void Refuses_commands_nested_too_deeply(string open, string close) => RefusesDepth("", open, "true", close);

    [Theory]
    [InlineData("R=$((", "(", "1", ")", "))")]
    [InlineData("R=$((", "-", "1", "", "))")]
    [InlineData("R=$((", "1?", "1", ":1", "))")]
    [InlineData("[ ", "\\( ", "x", " \\)", " ]")]
    [InlineData("[ ", "! ", "x", "", " ]")]
    [InlineData("[[ a", " && a", "", "", " ]]")]
    [InlineData("[[ a", " || a", "", "", " ]]")]
    public void Refuses_expressions_nested_too_deeply(string start, string open, string middle, string close, string end) =>
        RefusesDepth(start, open, middle, close, end);

    [Fact]
    public void A_chain_of_commands_is_no_depth()
    {
        StringBuilder script = new("R=0");
        script.Insert(script.Length, " && R=1 || R=2", 5000);

        Assert.Equal("1", ShellInterpreterTests.Run(script.ToString()).Variables.Get("R"));
    }

    [Fact]
    public void Refuses_a_script_of_more_than_a_mebibyte()
    {
        Assert.Throws<ShellUnsupportedException>(() => ShellInterpreterTests.Run(new string('#', (1 << 20) + 1)));
    }

    [Fact]
    public void Every_truncation_of_a_script_ends_in_a_value_or_a_known_error()
    {
        foreach (string script in ShellInterpreterTests.Scripts.Select(row => row.Data.Item1))
        {
            for (int length = 0; length < script.Length; length++)
            {
                RunAny(script[..length]);
            }
        }
    }

    private const string Marks = "\\\"'`$(){}[];&|<>#*?!~=:-+% \n\0\u00ff";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Scrambled_scripts_end_in_a_value_or_a_known_error(int seed)
    {
        Random random = new(seed);
        string[] scripts = [.. ShellInterpreterTests.Scripts.Select(row => row.Data.Item1)];
        for (int i = 0; i < 3000; i++)
        {
            StringBuilder script = new(scripts[random.Next(scripts.Length)]);
            for (int change = random.Next(1, 6); change > 0 && script.Length > 1; change--)
            {
                int at = random.Next(script.Length);
                string other = scripts[random.Next(scripts.Length)];
                int from = random.Next(other.Length);
                switch (random.Next(3))
                {
                    case 0:
                        script.Remove(at, 1);
                        break;
                    case 1:
                        script.Insert(at, other.AsSpan(from, random.Next(Math.Min(8, other.Length - from)) + 1 - 1));
                        break;
                    default:
                        script[at] = Marks[random.Next(Marks.Length)];
                        break;
                }
            }

            RunAny(script.ToString());
        }
    }

    private static void RefusesDepth(string start, string open, string middle, string close, string end = "")
    {
        StringBuilder script = new(start);
        script.Insert(script.Length, open, 3000).Append(middle);
        script.Insert(script.Length, close, 3000).Append(end);

        var error = Record.Exception(() => ShellInterpreterTests.Run(script.ToString()));

        Assert.True(error is ShellUnsupportedException or ShellErrorException, error?.ToString() ?? "no error");
    }

    private static void RunAny(string script)
    {
        Exception? error = Record.Exception(() => ShellInterpreterTests.Run(script));

        Assert.True(error is null or ShellUnsupportedException or ShellErrorException, $"{script}\n{error}");
    }
}
