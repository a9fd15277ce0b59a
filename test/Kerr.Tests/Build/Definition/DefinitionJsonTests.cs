using System;
using System.Linq;
using Kerr.Build.Definition;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Build.Definition;

public class DefinitionJsonTests
{
    private const string Whole = """
        {"header": {"bootstrap": "localimage", "From": "base.sif"},
         "imageData": {"labels": {"Who": "me & you"},
           "imageScripts": {"help": {"args": "", "script": "help"}, "runScript": {"args": "-c x", "script": "run\n"}, "test": {"script": ""}}},
         "buildData": {"files": [{"args": "from one", "files": [{"source": "/a", "destination": "/b"}]}],
           "buildScripts": {"post": {"args": "-c /bin/bash", "script": "echo"}}},
         "customData": {"apprun two": "2", "appinstall one": {"args": "", "script": "1"}},
         "appOrder": ["one", "two"]}
        """;

    [Fact]
    public void Reads_all_that_the_peers_write()
    {
        DefinitionStage stage = DefinitionJson.Parse("x.json", Whole).Final;

        Assert.Equal("base.sif", stage.Value("from"));
        Assert.Equal("Who me & you\n", stage.Text("labels"));
        Assert.Equal("run\n", stage.Text("runscript"));
        Assert.Equal(new DefinitionSection("-c /bin/bash", "echo\n"), stage.Sections["post"]);
        Assert.Equal("one", stage.Files[0].Stage);
        Assert.Equal(["one", "two"], stage.Apps.Select(app => app.Name));
        Assert.Equal("1\n", stage.Apps[0].Text("install"));
        Assert.False(stage.Sections.ContainsKey("test"));
    }

    [Fact]
    public void Its_text_is_a_definition_that_says_the_same()
    {
        DefinitionFile json = DefinitionJson.Parse("x.json", Whole);
        DefinitionStage again = DefinitionParser.Parse("x", json.Text, TemplateArguments.None).Final;

        Assert.Equal(json.Final.Header, again.Header);
        Assert.Equal(json.Final.Text("post").Trim(), again.Text("post").Trim());
        Assert.Equal(json.Final.Files[0].Copies, again.Files[0].Copies);
        Assert.Equal(json.Final.Apps.Select(app => app.Name), again.Apps.Select(app => app.Name));
    }

    [Theory]
    [InlineData("{\"rawDefFile\":\"Bootstrap: arch\"}", "it has no header")]
    [InlineData("{\"header\": []}", "header is no object")]
    [InlineData("{\"header\": {\"frmo\": \"x\"}}", "invalid header keyword found: frmo")]
    [InlineData("{\"header\": {},\n \"buildData\": }", "x.json:2:15: this is no JSON")]
    [InlineData("{\"header\": {}, \"buildData\": {\"buildScripts\": {\"nope\": {}}}}", "nope, which is no section")]
    [InlineData("{\"header\": {}, \"customData\": {\"x\": \"\"}}", "no section of an app")]
    public void Refuses_other_json(string text, string problem)
        => Assert.Contains(problem, Assert.Throws<UserException>(() => DefinitionJson.Parse("x.json", text)).Message, StringComparison.Ordinal);
}
