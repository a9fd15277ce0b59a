using System;
using System.Linq;
using Kerr.Build.Definition;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Build.Definition;

public class DefinitionParserTests
{
    [Fact]
    public void Reads_header_sections_and_their_arguments()
    {
        DefinitionStage stage = Parse("# made by hand\nBootStrap: localimage\nFROM: base.sif # the base\n\n%post -c /bin/bash  # why\n  echo 1\n\n%runscript\n#!/bin/sh\nrun\n").Final;

        Assert.Equal("localimage", stage.Bootstrap);
        Assert.Equal("base.sif", stage.Value("from"));
        Assert.Equal(new DefinitionSection("-c /bin/bash", "  echo 1\n\n", 5), stage.Sections["post"]);
        Assert.Equal("#!/bin/sh\nrun\n", stage.Text("runscript"));
    }

    [Theory]
    [InlineData("Include: a b \\\n   c", "a b c")]              // continued, the blank kept
    [InlineData("Include: a\\n\\\nb", "a\nb")]                   // \n\ puts a line feed
    [InlineData("Include: a#b", "a")]                            // # begins a comment anywhere
    [InlineData("Include:   a   ", "a")]
    [InlineData("Include: http://host:80/x", "http://host:80/x")]   // only the first colon divides
    [InlineData("Include: a\nInclude: b", "b")]                   // the last one counts
    public void Reads_header_values(string header, string value)
        => Assert.Equal(value, Parse("Bootstrap: yum\n" + header + "\n").Final.Value("include"));

    [Theory]
    [InlineData("Bootstrap: x\nFrmo: y\n", 2, 1, "invalid header keyword found: frmo")]
    [InlineData("Bootstrap: x\n  From:\n", 2, 8, "header key from had no val")]
    [InlineData("Bootstrap: x\nFrom: # nothing\n", 2, 6, "header key from had no val")]
    [InlineData("Bootstrap: x\n\n%badsection\n\tuh\n", 3, 1, "invalid section(s) specified: badsection")]
    [InlineData("Bootstrap: x\n%post\n  %d\n", 3, 3, "invalid section(s) specified: d")]
    [InlineData("Bootstrap: x\n%files\n a b c\n", 3, 6, "one source and one destination")]
    [InlineData("Bootstrap: x\n%files stage\n", 2, 1, "%files does not take 'stage'")]
    [InlineData("Bootstrap: x\n%apprun\n", 2, 1, "%apprun does not name an app")]
    [InlineData("Bootstrap: x\n%apprun ../x\n", 2, 1, "%apprun does not name an app")]   // it becomes a path
    [InlineData("Bootstrap: a\n\nBootstrap: b\n%post\n\n%nope\n", 6, 1, "invalid section(s)")]     // lines count through the file
    [InlineData("Bootstrap: a\n%post\n echo {{ X }}\n", 3, 7, "build var X is not defined")]
    [InlineData("{\"header\":{}}", 1, 1, "invalid header keyword")]      // JSON without --json
    public void Names_the_place_of_what_is_wrong_and_shows_the_line(string text, int line, int column, string problem)
    {
        var error = Assert.Throws<UserException>(() => Parse(text));

        Assert.StartsWith($"x.def:{line}:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        string[] shown = error.Message.Split('\n');
        Assert.Equal("  " + text.Split('\n')[line - 1].Replace('\t', ' '), shown[1]);
        Assert.Equal(2 + column - 1, shown[2].IndexOf('^', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#comment line\n#another comment line")]
    public void Refuses_a_file_without_a_stage(string text)
        => Assert.Contains("no stages found", Assert.Throws<UserException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Takes_a_file_that_has_only_sections()
        => Assert.Equal("touch /x\n", Parse("%post\ntouch /x").Final.Text("post"));

    [Fact]
    public void Every_bootstrap_line_begins_a_stage()
    {
        DefinitionFile file = Parse("bootstrap: a\nstage: one\n%post\n1\nBootstrap: b\nStage: two\n%files from one\n/x /y\n/z\n");

        Assert.Equal(["one", "two"], file.Stages.Select(stage => stage.Name));
        Assert.Equal("1\n", file.Stages[0].Text("post"));
        DefinitionFiles files = Assert.Single(file.Final.Files);
        Assert.Equal("one", files.Stage);
        Assert.Equal([new("/x", "/y"), new("/z", "")], files.Copies);
    }

    [Fact]
    public void Joins_sections_that_are_repeated()
    {
        DefinitionStage stage = Parse("Bootstrap: a\n%post\n1\n%files\na b\n%post\n2\n%files #  # from test\n\"c d\" \"e f\"\n%files from s\ng\n").Final;

        Assert.Equal("1\n2\n", stage.Text("post"));
        Assert.Equal(2, stage.Files.Count);
        Assert.Equal([new("a", "b"), new("c d", "e f")], stage.Files[0].Copies);
    }

    [Fact]
    public void Keeps_apps_in_the_order_in_which_they_are_named_first()
    {
        DefinitionStage stage = Parse("Bootstrap: a\n%appinstall z\n1\n%apprun b\n2\n%appfiles z\nx y\n%appinstall z\n3\n").Final;

        Assert.Equal(["z", "b"], stage.Apps.Select(app => app.Name));
        Assert.Equal("1\n3\n", stage.Apps[0].Text("install"));
        Assert.Equal([new DefinitionCopy("x", "y")], stage.Apps[0].Files);
        Assert.Equal("2\n", stage.Apps[1].Text("run"));
    }

    [Fact]
    public void Every_prefix_of_a_definition_parses_or_is_refused_with_its_place()
    {
        const string Text = "Bootstrap: a\nFrom: {{ X }}\nInclude: a \\\n b\n%arguments\nX=1\n%files from s\n\"a b\" c\n%appfiles q\nr s\n%post -c x\n";
        for (int length = 0; length < Text.Length; length++)
        {
            try
            {
                Assert.NotEmpty(Parse(Text[..length]).Stages);
            }
            catch (UserException error)
            {
                Assert.Contains("x.def", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private static DefinitionFile Parse(string text) => DefinitionParser.Parse("x.def", text, TemplateArguments.None);
}
