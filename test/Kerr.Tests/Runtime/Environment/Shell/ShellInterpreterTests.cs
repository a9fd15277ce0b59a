using Kerr.Runtime.Environment.Shell;
using Xunit;

namespace Kerr.Tests.Runtime.Environment.Shell;

/// <summary>Scripts that leave their result in R, and what bash says of the same.</summary>
public sealed class ShellInterpreterTests
{
    private static readonly string[] Arguments = ["one", "two words", ""];

    public static TheoryData<string, string> Scripts => new()
    {
        // Quoting
        { "R=a'b c'\"d e\"\\ f", "ab cd e f" },
        { "R='a\"b'", "a\"b" },
        { "R=\"a'b\"", "a'b" },
        { "R=\"\\a\\$x\\\\\\\"\\`\"", "\\a$x\\\"`" },
        { "R=a\\\nb", "ab" },
        { "R=\"a\\\nb\"", "ab" },
        { "R='a\nb'", "a\nb" },
        { "R=$'a\\tb\\'c\\x41\\101\\n'", "a\tb'cAA\n" },
        { "R=$'\\u00e9'", "\u00c3\u00a9" },
        { "R=$\"a b\"", "a b" },
        { "R=a#b # comment", "a#b" },
        { "# only\nR=x#y", "x#y" },
        { "R=\"$\"; R=$R$", "$$" },

        // Assignments
        { "A=1 B=2 R=$A$B", "12" },
        { "R=a; R+=b", "ab" },
        { "A='x  y'; R=$A", "x  y" },
        { "R=; R=\"[$R]\"", "[]" },
        { "export R=1", "1" },
        { "A='x  y'; export R=$A", "x  y" },
        { "readonly R=5", "5" },
        { "declare -x R=6", "6" },
        { "typeset -r R=7", "7" },
        { "\\export R='a b'", "a b" },
        { "E=export; $E R=q", "q" },
        { "HOME=/h; R=~/x:~/y", "/h/x:/h/y" },
        { "HOME=/h; R=\"~\"a~", "~a~" },
        { "HOME=/h; export R=~", "/h" },

        // Parameters
        { "A=v; R=${A}x$A-$Ax", "vxv-" },
        { "R=${A-d}${A:-e}", "de" },
        { "A=; R=${A-d}${A:-e}", "e" },
        { "R=${A=f}$A", "ff" },
        { "A=; R=${A:=g}$A", "gg" },
        { "A=1; R=${A+s}${B+t}${A:+u}", "su" },
        { "A=1; R=${A:?gone}", "1" },
        { "R=\"${A:-\"v w\"}\"", "v w" },
        { "R=\"${A:-\"a\\\"b\\$c\\\\d\"}\"", "a\"b$c\\d" },
        { "R=\"${A:-'q'}\"", "'q'" },
        { "R=${A:-'q  r'}", "q  r" },
        { "R=${A:-a\\}b}", "a}b" },
        { "R=\"${A:-a\\}b}\"", "a}b" },
        { "B=in; R=${A:-${B:-x}y}", "iny" },
        { "A=/a/b/c.tar.gz; R=${A#*/}:${A##*/}:${A%.*}:${A%%.*}", "a/b/c.tar.gz:c.tar.gz:/a/b/c.tar:/a/b/c" },
        { "A='*x'; R=${A#\"*\"}", "x" },
        { "A=abcabc; P='a*b'; R=${A#$P}:${A##$P}:${A#\"$P\"}", "cabc:c:abcabc" },
        { "A=abcabc; R=${A/b/X}:${A//b/X}:${A/#a/X}:${A/%c/X}:${A//b}", "aXcabc:aXcaXc:Xbcabc:abcabX:acac" },
        { "A=a:b:c; R=${A//:/ }", "a b c" },
        { "unset A; R=x${A/#/y}", "x" },
        { "A=; R=x${A/#/y}", "xy" },
        { "A=a/b; R=${A//\\//_}", "a_b" },
        { "A=hello; R=${#A}", "5" },
        { "A=hello; R=${A:1:3}:${A:2}:${A: -2}:${A:0:-1}", "ell:llo:lo:hell" },
        { "B=val; A=B; R=${!A}", "val" },
        { "A=B; R=${!A:-none}", "none" },
        { "R=$#:$1:$2:${3-unset}:${4-unset}", "3:one:two words::unset" },
        { "R=\"$*\"", "one two words " },
        { "IFS=,; R=\"$*\"", "one,two words," },
        { "R=${#1}${#}", "33" },
        { "false; R=$?; true; R=$R$?", "10" },
        { "R=${UNSET}x", "x" },
        { "A='a}b'; R=\"${A%\\}b}\"", "a" },
        { "A=\"it's\"; R=\"${A%\"'s\"}\"", "it" },

        // Fields
        { "for w in $*; do R=$R[$w]; done", "[one][two][words]" },
        { "for w in \"$@\"; do R=$R[$w]; done", "[one][two words][]" },
        { "for w; do R=$R[$w]; done", "[one][two words][]" },
        { "for w in x\"$@\"y; do R=$R[$w]; done", "[xone][two words][y]" },
        { "A=' a  b '; for w in $A\"$A\" ''; do R=$R[$w]; done", "[a][b][ a  b ][]" },
        { "A=' a '; for w in x$A'y'; do R=$R[$w]; done", "[x][a][y]" },
        { "IFS=:; A=a::b:; for w in $A; do R=\"$R[$w]\"; done", "[a][][b]" },
        { "IFS=': '; A='a : b  c:'; for w in $A; do R=\"$R[$w]\"; done", "[a][b][c]" },
        { "IFS=; A='a b'; for w in $A; do R=\"$R[$w]\"; done", "[a b]" },
        { "for w in ${N-a b}; do R=$R[$w]; done", "[a][b]" },
        { "for w in ${N-'a b' c}; do R=$R[$w]; done", "[a b][c]" },
        { "for w in $N ${N} \"$N\"; do R=$R[$w]; done", "[]" },
        { "for w in a b c d; do case $w in b) continue;; d) break;; esac; R=$R$w; done", "ac" },
        { "for a in 1 2; do for b in x y; do R=$R$a$b; continue 2; done; done", "1x2x" },

        // Lists and conditions
        { "true && R=y || R=n", "y" },
        { "false && R=y || R=n", "n" },
        { "! false && R=y", "y" },
        { "false || false || R=y", "y" },
        { "if false; then R=1; elif true; then R=2; else R=3; fi", "2" },
        { "if false; then R=1; else R=3; fi", "3" },
        { "{ R=1; R=${R}2; }", "12" },
        { "R=1; ( R=2 )", "1" },
        { "A=x\nwhile [ ${#A} -lt 4 ]; do A=${A}x; done; R=$A", "xxxx" },
        { "A=; until [ \"$A\" = aa ]; do A=a$A; done; R=$A", "aa" },
        { "case a/b in */c) R=1;; *b|x) R=2;; *) R=3;; esac", "2" },
        { "case '*' in \\*) R=star;; esac", "star" },
        { "case x in [!a-w]) R=in;; esac", "in" },
        { "case ab in (a?) R=2;; esac", "2" },
        { "case a in a) R=1;& b) R=${R}2;; c) R=3;; esac", "12" },
        { "case a in a) R=1;;& ?) R=${R}2;; *) R=3;; esac", "12" },
        { "A='a*'; case ab in \"$A\") R=lit;; $A) R=pat;; esac", "pat" },
        { "case x in y) ;; esac; R=$?", "0" },
        { "f() { R=$1-$#; return 3; R=no; }; f a b; R=$R-$?", "a-2-3" },
        { "function g { R=g$1; }\ng 1", "g1" },
        { "f() { shift; R=$1; }; f a b", "b" },
        { "R=start; f() { if true; then return; fi; R=bad; }; f", "start" },
        { "A=1; A=2 eval 'R=$A'; R=$R$A", "21" },
        { "eval 'R=a;' R=\\${R}b", "ab" },
        { "R=$(echo a; echo 'b  c')x", "a\nb  cx" },
        { "R=`echo \\`echo n\\``", "n" },
        { "R=\"`echo \"q r\"`\"", "q r" },
        { "A=1; R=$(A=2; echo $A)$A", "21" },
        { "R=$(printf '%s-%s\\n' a b c)", "a-b\nc-" },
        { "R=$(printf '%d%%' 5)", "5%" },
        { "R=$(echo -n hi)", "hi" },
        { "A=$(false); R=$?", "1" },
        { "R=$((1+2*3)):$(( (1+2)*3 )):$((7/2)):$((7%3)):$((-7/2))", "7:9:3:1:-3" },
        { "A=4; R=$((A*2+$A)):$((A>3&&A<5)):$((!A)):$((~0)):$((1<<4)):$((0x10+010))", "12:1:0:-1:16:24" },
        { "R=$((1?2:3)):$((0||0)):$((5&6)):$((5|6)):$((5^6)):$((2==2)):$((U))", "2:0:4:7:3:1:0" },
        { "echo hidden >/dev/null; R=1", "1" },
        { "unset R 2>/dev/null; R=${R-gone}", "gone" },
        { "{ echo x; } >/dev/null 2>&1; R=ok", "ok" },
        { "hash -r 2>/dev/null || true; R=ok", "ok" },
        { "A=1; unset A; R=${A-gone}", "gone" },
        { "f() { R=1; }; unset -f f; R=2", "2" },

        // Tests
        { "[ a = a ] && R=1", "1" },
        { "[ a == a ] && R=1", "1" },
        { "[ -n \"$U\" ] || R=1", "1" },
        { "[ $U ] || R=1", "1" },
        { "[ -n $U ] && R=1", "1" },
        { "[ ! -z a -a 3 -gt 2 ] && R=1", "1" },
        { "test \\( a = b -o b = b \\) -a x && R=1", "1" },
        { "[ '(' = '(' ] && R=1", "1" },
        { "[ ! ] && R=1", "1" },
        { "[ -a = -a ] && R=1", "1" },
        { "test -z \"${U:-}\" && R=1", "1" },
        { "test -v U || R=1", "1" },
        { "U=; test -v U && R=1", "1" },
        { "[ -d / ] && [ -e / ] && [ ! -f / ] && [ -x / ] && R=1", "1" },
        { "[ -f /no/such/file ] || R=1", "1" },
        { "[ 10 -eq 10 ] && [ 2 -lt 10 ] && [ 2 -ne 3 ] && [ 2 -le 2 ] && [ 3 -ge 2 ] && R=1", "1" },
        { "[[ abc == a*c && ! abc == 'a*c' ]] && R=1", "1" },
        { "A='x y'; [[ -n $A && $A = 'x y' ]] && R=1", "1" },
        { "[[ a < b ]] && R=1", "1" },
        { "[[ ( -z $U || a = b ) && c != d ]] && R=1", "1" },
        { "[[ $U ]] || R=1", "1" },
        { "[[ -v HOME_ ]] || R=1", "1" },

        // What stands in unexecuted code may be anything
        { "if false; then ls | wc -l & cat <<E\n`broken\nE\nfi; R=1", "1" },
        { "f() { local x; ls > /tmp/x; a=(1 2 3); ((x++)); }; R=1", "1" },
        { "false && A=${B[1]} C=${D^^} E={1,2}; R=1", "1" },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Computes_what_the_script_says(string script, string expected)
    {
        Assert.Equal(expected, Run(script).Variables.Get("R"));
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Agrees_with_bash(string script, string expected)
    {
        string text = "unset R A\n" + script + "\nprintf %s \"$R\"";

        Assert.Equal(expected, RealShell.Output("bash", text, [new("LC_ALL", "C.UTF-8"), new("PATH", "/usr/bin")], Arguments));
    }

    [Fact]
    public void Declares_one_operand_after_the_other()
    {
        // As the peers' interpreter does; bash and dash expand all operands first, and R is empty there.
        Assert.Equal("1", Run("export A=1 R=$A").Variables.Get("R"));
    }

    [Theory]
    [InlineData("export A; A=1", "A", "1")]           // the attribute waits for the value
    [InlineData("A=1; export A; A=2", "A", "2")]
    [InlineData("export A=1; unset A; A=2", "A", null)] // unset takes the attribute too
    [InlineData("A=1", "A", null)]
    [InlineData("A=1 true", "A", null)]
    public void Exports_what_was_marked(string script, string name, string? expected)
    {
        ShellVariable? variable = Run(script).Variables.Find(name);

        Assert.Equal(expected, variable is { Exported: true } ? variable.Value : null);
    }

    [Fact]
    public void A_readonly_variable_keeps_its_value_and_the_script_goes_on()
    {
        ShellInterpreter shell = Run("readonly A=1; A=2; B=$?; unset A; C=$A");

        Assert.Equal("1", shell.Variables.Get("A"));
        Assert.Equal("1", shell.Variables.Get("B"));
        Assert.Equal("1", shell.Variables.Get("C"));
        Assert.Equal(["script:1: A: read-only variable", "script:1: A: read-only variable"], shell.Messages);
    }

    [Fact]
    public void Bytes_outside_any_encoding_survive()
    {
        Assert.Equal("\u00ff\u0001\u00c3|\u00ff", Run("A=\u00ff\u0001\u00c3; R=\"$A|${A%??}\"").Variables.Get("R"));
    }

    [Fact]
    public void Sources_files_of_the_container()
    {
        MapFiles files = new MapFiles().Add("/a.sh", "R=$R-a$1; return 4; R=bad").Add("/b.sh", ". /a.sh in\nR=$R-b$?");

        ShellInterpreter shell = Run(". /b.sh; R=$R-$?-$1; . /none; R=$R-$?", files);

        Assert.Equal("-ain-b4-0-one-1", shell.Variables.Get("R"));
        Assert.Equal(["script:1: /none: no such file"], shell.Messages);
    }

    [Theory]
    [InlineData("/e/*.sh", "[/e/a b.sh][/e/b.sh]")]
    [InlineData("/e/.*", "[/e/.h.sh]")]
    [InlineData("/*/b.*", "[/e/b.sh][/f/b.c]")]
    [InlineData("/[e]/?.sh", "[/e/b.sh]")]
    [InlineData("/e/'*'.sh /e/\\*", "[/e/*.sh][/e/*]")]
    [InlineData("/e/*x /none/*", "[/e/*x][/none/*]")]  // what matches nothing stays
    [InlineData("\"/e/\"*'.sh'", "[/e/a b.sh][/e/b.sh]")]
    [InlineData("$P", "[/e/a b.sh][/e/b.sh]")]
    [InlineData("\"$P\"", "[/e/*.sh]")]
    [InlineData("/e/*/x", "[/e/*/x]")]
    public void Matches_names_of_the_containers_files(string words, string expected)
    {
        MapFiles files = new MapFiles().Add("/").Add("/e/").Add("/f/").Add("/e/b.sh").Add("/e/a b.sh").Add("/e/.h.sh").Add("/f/b.c");

        ShellInterpreter shell = Run($"P='/e/*.sh'; for f in {words}; do R=\"$R[$f]\"; done", files);

        Assert.Equal(expected, shell.Variables.Get("R"));
    }

    [Fact]
    public void The_origin_of_a_value_is_the_file_that_set_it()
    {
        ShellInterpreter shell = Run(". /a.sh; B=2", new MapFiles().Add("/a.sh", "A=1"));

        Assert.Equal("/a.sh", shell.Variables.Find("A")!.Origin);
        Assert.Equal("script", shell.Variables.Find("B")!.Origin);
    }

    internal static ShellInterpreter Run(string script, IShellFiles? files = null)
    {
        ShellVariables variables = new();
        variables.Set("IFS", " \t\n", "shell");
        ShellInterpreter shell = new(variables, new ShellOptions
        {
            Arguments = Arguments,
            Files = files ?? new MapFiles().Add("/"),
        });
        shell.Run(script, "script");
        return shell;
    }
}
