using System;
using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Build.Definition;

public class TemplateArgumentsTests
{
    [Theory]
    [InlineData("echo {{ A }}", "echo 1")]
    [InlineData("echo {{A}}{{	A  }}", "echo 11")]
    [InlineData("# {{ NONE }} in a comment", "# {{ NONE }} in a comment")]
    [InlineData("#!{{ A }}", "#!1")]                        // no comment but an interpreter
    [InlineData("{{ NESTED }}", "<1>")]
    [InlineData("{{ TWICE }}", "{{ A }}!")]                 // one level only
    [InlineData("{{ a-b }} {{.Go}} {{ A }}", "{{ a-b }} {{.Go}} 1")]
    [InlineData("{{ A", "{{ A")]
    [InlineData("{{ EQUALS }}", "a=b==c")]
    public void Fills_in_values(string line, string filled)
    {
        string text = "Bootstrap: x\n%arguments\n  A=1\nNESTED=<{{ A }}>\nB={{ A }}!\nTWICE={{ B }}\n EQUALS=a=b==c\n%post\n" + line + "\n";

        Assert.Equal(filled + "\n", DefinitionParser.Parse("x", text, TemplateArguments.None).Final.Text("post"));
    }

    [Fact]
    public void The_command_line_comes_before_the_file_and_the_file_before_the_default()
    {
        var arguments = new TemplateArguments();
        var warnings = new List<string>();
        arguments.GiveFile("args", "# comment\n\nB=file\nC=file\nnonsense\n", warnings.Add);
        arguments.Give("C=line=x");
        arguments.Give("UNUSED=1");

        string text = DefinitionParser.Parse("x", "Bootstrap: x\n%arguments\nA=default\nB=default\nC=default\n%post\n{{A}} {{B}} {{C}}\n", arguments).Final.Text("post");

        Assert.Equal("default file line=x\n", text);
        Assert.Equal(["UNUSED"], arguments.Unused);
        Assert.Contains("line 5 of args", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_holds_for_its_stage_only()
    {
        var error = Assert.Throws<UserException>(() => DefinitionParser.Parse(
            "x", "Bootstrap: a\n%arguments\nA=1\n%post\n{{ A }}\n\nBootstrap: b\n%post\n{{ A }}\n", TemplateArguments.None));

        Assert.StartsWith("x:9:1: build var A is not defined", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_an_argument_without_a_value()
        => Assert.Contains("has no value", Assert.Throws<UserException>(() => new TemplateArguments().Give("NAME")).Message, StringComparison.Ordinal);
}
