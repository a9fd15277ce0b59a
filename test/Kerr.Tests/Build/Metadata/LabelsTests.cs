using System;
using System.Collections.Generic;
using Kerr.Build.Definition;
using Kerr.Build.Metadata;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Build.Metadata;

public class LabelsTests
{
    [Fact]
    public void Are_read_from_lines()
        => Assert.Equal(
            [new("a", "1"), new("b", "\"two words\""), new("c", ""), new("d", "x  y")],
            Labels.Lines("  a 1\n# comment\n\nb\t\"two words\" \nc\n d x  y\r\n"));

    [Fact]
    public void One_that_is_there_stays_unless_it_is_to_be_replaced()
    {
        var warnings = new List<string>();
        Labels labels = Labels.Read("{\"a\": \"1\"}");
        labels.Add([new("a", "2"), new("b", "3")], replace: false, warnings.Add);
        Assert.Equal("1", labels.All["a"]);
        Assert.Contains("label a", Assert.Single(warnings), StringComparison.Ordinal);
        labels.Add([new("a", "2")], replace: true, warnings.Add);
        Assert.Equal("2", labels.All["a"]);
    }

    [Fact]
    public void Are_written_as_Go_writes_them_and_read_again()
    {
        Labels labels = Labels.Read(null);
        labels.Set("b", "<&>\"\\\t");
        labels.Set("a", ByteText.FromUnicode("grüße"));
        string json = labels.ToJson();

        Assert.Equal("{\n\t\"a\": \"" + ByteText.FromUnicode("grüße") + "\",\n\t\"b\": \"\\u003c\\u0026\\u003e\\\"\\\\\\t\"\n}", json);
        Assert.Equal(labels.All, Labels.Read(json).All);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public void What_is_no_object_is_an_error(string json)
        => Assert.Contains("labels of the base image", Assert.Throws<UserException>(() => Labels.Read(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1627927776, "Monday_2_August_2021_18:9:36_UTC")]
    [InlineData(0, "Thursday_1_January_1970_0:0:0_UTC")]
    public void Dates_have_the_form_of_the_peers(long time, string date) => Assert.Equal(date, Labels.Date(time));

    [Theory]
    [InlineData("run\n", "", "#!/bin/sh\n\nrun\n\n")]
    [InlineData("\n  #!/bin/bash\nrun\n", "", "#!/bin/bash\n\nrun\n\n")]
    [InlineData("#!/bin/bash -e\nrun\n", "-x", "#!/bin/bash -e -x\n\nrun\n\n")]
    [InlineData("#comment\n", "", "#!/bin/sh\n\n#comment\n\n")]
    public void Scripts_begin_with_their_interpreter(string text, string arguments, string script)
        => Assert.Equal(script, SectionScript.Of(new DefinitionSection(arguments, text)));

    [Theory]
    [InlineData("echo a\nX=1 mkdir b && cp a b | tee c\n", "yes")]
    [InlineData("# apt-get\necho a\n", "yes")]
    [InlineData("X=$(date)\n", "no: %post runs date")]
    [InlineData("./configure\n", "unknown: %post runs configure")]
    [InlineData("if true; then /usr/bin/wget x; fi\n", "no: %post runs wget")]
    public void Scripts_are_judged_by_their_commands(string post, string verdict)
        => Assert.Equal(verdict, Determinism.Of(DefinitionParser.Parse("x", "Bootstrap: localimage\n%post\n" + post, TemplateArguments.None)).Text);
}
