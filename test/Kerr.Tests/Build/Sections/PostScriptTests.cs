using System;
using System.Collections.Generic;
using System.Linq;
using Kerr.Build.Definition;
using Kerr.Build.Sections;
using Xunit;

namespace Kerr.Tests.Build.Sections;

public class PostScriptTests
{
    [Theory]
    [InlineData("a\nb\nc\n", 2)]
    [InlineData("a; b\nc\n", 1)]                            // one line stays together
    [InlineData("if a\nthen\n b\nfi\nc\n", 1)]
    [InlineData("a <<X\nb\nX\nc\n", 1)]                     // a here-document is part of its command
    [InlineData("a \\\n b\nc\n", 1)]
    [InlineData("a | b\nc\n", 1)]
    [InlineData("f() {\n a\n}\nf\nb\n", 2)]
    [InlineData("set -e\na\nb\n", 2)]
    [InlineData("X=1\nexport Y=$X\nread Z < f\na\n", 3)]
    [InlineData("cd /x\numask 2\na\n", 2)]
    [InlineData("", 0)]
    [InlineData("# nothing\n", 0)]
    [InlineData("a\n", 0)]
    public void Is_cut_where_commands_of_the_outermost_level_begin(string text, int cuts) => Assert.Equal(cuts, Script(text).Cuts.Count);

    [Theory]
    [InlineData("exec > log")]
    [InlineData("trap x EXIT")]
    [InlineData("a &")]
    [InlineData("eval X=1")]
    [InlineData(". ./file")]
    [InlineData("$COMMAND x")]          // it may be any of these
    [InlineData("set -- a b")]
    [InlineData("set -a")]              // everything is exported from here on
    [InlineData("alias a=b")]
    [InlineData("IFS=:")]
    [InlineData(": ${X:=1}")]
    [InlineData("X=$$")]
    [InlineData("if a; then trap x EXIT; fi")]
    [InlineData("f() { exec 3<x; }")]
    [InlineData("declare -A X")]
    public void Is_not_cut_behind_what_no_other_shell_can_be_told(string command)
        => Assert.Equal(2, Script("a\nb\n" + command + "\nc\nd\n").Cuts.Count);

    [Theory]
    [InlineData("a\n${\nb\n")]
    [InlineData("a 'not closed\nb\n")]
    [InlineData("a\n)\nb\n")]
    public void Is_not_cut_where_it_cannot_be_read(string text) => Assert.Empty(Script(text).Cuts);

    [Theory]
    [InlineData("-c /bin/bash", 1)]
    [InlineData("-c /usr/bin/python3", 0)]
    [InlineData("-c /bin/bash -l", 0)]
    [InlineData("-e", 0)]
    public void Is_cut_for_shells_that_are_known(string arguments, int cuts)
        => Assert.Equal(cuts, PostScript.Of(new DefinitionSection(arguments, "a\nb\n")).Cuts.Count);

    [Fact]
    public void The_last_commands_get_pieces_of_their_own()
    {
        string text = string.Concat(Enumerable.Range(0, 100).Select(i => $"echo {i}\n"));
        IReadOnlyList<PostPiece> pieces = Script(text).Pieces(_ => -1);

        Assert.Equal(text, string.Concat(pieces.Select(piece => text[piece.Start..piece.Prefix.Length])));
        Assert.Equal([16, 8, 4, 2, 1], pieces.Skip(1).Reverse().Select((_, i) => 1 << i).Reverse());
        Assert.Equal("echo 99\n", text[pieces[^1].Start..]);
        Assert.Single(pieces, piece => piece.Last);
    }

    [Fact]
    public void What_is_known_comes_first_with_all_that_it_lies_on()
    {
        const string text = "a\nb\nc\nd\n";
        var known = new Dictionary<string, int> { ["a\n"] = 0, ["a\nb\n"] = 2 };
        int Below(string prefix) => known.TryGetValue(prefix, out int below) ? below : -1;

        Assert.Equal(["a\n", "a\nb\n", "a\nb\nc\n", text], Script(text).Pieces(Below).Select(piece => piece.Prefix));

        known.Remove("a\n");        // what it lies on is gone: it is of no use
        Assert.Equal(0, Script(text).Pieces(Below)[0].Start);
        Assert.DoesNotContain("a\nb\n", Script(text).Pieces(Below).Where(piece => piece.Start == 2).Select(piece => piece.Prefix));
    }

    [Fact]
    public void A_piece_takes_over_the_state_and_leaves_its_own()
    {
        PostScript script = Script("set -u\nX=1\nexport Y=2\nf() { a; }\nf\nb\n");
        IReadOnlyList<PostPiece> pieces = script.Pieces(_ => -1);
        string last = script.Text(pieces[^1], "/opt\00022\00\0X=it's\0Y=2\0");

        Assert.Contains("X='it'\\''s'\n", last, StringComparison.Ordinal);
        Assert.Contains("export Y\n", last, StringComparison.Ordinal);
        Assert.Contains("cd '/opt'\numask 0022\n", last, StringComparison.Ordinal);
        Assert.Contains("f() { a; }\n", last, StringComparison.Ordinal);
        Assert.Contains("set -u\n", last, StringComparison.Ordinal);
        Assert.EndsWith("b\n", last, StringComparison.Ordinal);
        Assert.Contains("/.build.state", script.Text(pieces[0], ""), StringComparison.Ordinal);
        Assert.DoesNotContain("/.build.state", last, StringComparison.Ordinal);
    }

    private static PostScript Script(string text) => PostScript.Of(new DefinitionSection("", text));
}
