using System;
using System.IO;
using System.Text;
using Kerr.Runtime.Devices.Cdi;
using Xunit;

namespace Kerr.Tests.Runtime.Devices;

public class CdiTextTests
{
    [Theory]
    [InlineData("{\"a\": [1, \"x\\ty\", {\"b\": null}], \"c\": true}", "{a:[1,x\ty,{b:}],c:true}")]
    [InlineData("{\n\t\"a\":\n\t[\n\t\t\"1\"\n\t],\n\t\"b\": \"\\u00e9\\ud83d\\ude00\\/\"\n}\n", "{a:[1],b:Ã©ð\u009f\u0098\u0080/}")]
    [InlineData("a: 1\nb:\n  c: x # comment\n  d: 'it''s'\n", "{a:1,b:{c:x,d:it's}}")]
    [InlineData("a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\ne: []\n", "{a:[1,{b:2,c:3},{d:4}],e:[]}")]
    [InlineData("a:\n  - - 1\n    - 2\n  - --flag\n", "{a:[[1,2],--flag]}")]
    [InlineData("---\n\"a b\": {c: [d, 'e, f'], g: h:i}\n...\n", "{a b:{c:[d,e, f],g:h:i}}")]
    [InlineData("a: libx.so.1::/usr/lib64/libx.so\r\nb:\r\n", "{a:libx.so.1::/usr/lib64/libx.so,b:}")]
    [InlineData("a: [\n  1, # one\n  2,\n]\nb: 3\n", "{a:[1,2],b:3}")]
    public void Reads_JSON_and_the_YAML_of_generators(string text, string shown) => Assert.Equal(shown, Show(CdiText.Parse(text)));

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("a: 1\na: 2\n", "line 2: a stands there twice")]
    [InlineData("{\"a\": 1, \"a\": 2}", "line 1: a stands there twice")]
    [InlineData("a: &x 1\n", "line 1: & is a part of YAML")]
    [InlineData("a: |\n  text\n", "line 1: | is a part of YAML")]
    [InlineData("a: *x\n", "line 1: * is a part of YAML")]
    [InlineData("a: 1\n---\nb: 2\n", "line 2: it holds more than one document")]
    [InlineData("a: 1\n    b: 2\n", "line 2: it is indented further")]
    [InlineData("a: {b: 1\n", "it ends inside brackets")]
    [InlineData("a: {b: 1} c\n", "line 1: c follows where the line should end")]
    [InlineData("a: 'x\n", "line 1: a quoted value does not end")]
    [InlineData("a: \"\\q\"\n", "line 1: \\q is no escape")]
    [InlineData("a:\n  b: 1\n  c\n", "line 3: a line without a colon")]
    [InlineData("[1, 2", "it ends inside brackets")]
    [InlineData("{\"a\" 1}", "line 1: a colon is missing behind a")]
    [InlineData("[1 2]", null)]             // one plain value with a blank, as YAML has it
    public void What_it_does_not_understand_is_refused_with_its_line(string text, string? message)
    {
        if (message is null)
        {
            Assert.Equal("[1 2]", Show(CdiText.Parse(text)));
            return;
        }

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => CdiText.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.Throws<InvalidDataException>(() => CdiText.Parse(new string('[', 100_000)));
        var steps = new StringBuilder();
        for (int i = 0; i < 1000; i++)
        {
            steps.Append(' ', i).Append("a:\n");
        }

        Assert.Throws<InvalidDataException>(() => CdiText.Parse(steps.ToString()));
        Assert.Throws<InvalidDataException>(() => CdiText.Parse(new string('-', 1).PadRight(2) + string.Concat(System.Linq.Enumerable.Repeat("- ", 1000)) + "x"));
    }

    [Theory]
    [InlineData("a: 1\nb:\n- c: [x, {y: 'z'}]\n  d: \"e\\n\"\n# end\n", 51)]
    [InlineData("{\"cdiVersion\": \"0.5.0\", \"kind\": \"a/b\", \"devices\": [{\"name\": \"x\", \"containerEdits\": {\"env\": [\"A=1\"]}}]}", 52)]
    public void A_damaged_text_is_refused_or_read(string text, int seed)
    {
        int refused = Kerr.Tests.Image.Mutation.Run(
            Encoding.Latin1.GetBytes(text), seed, Kerr.Tests.Image.Mutation.Rounds(3000), [0..], bytes => CdiText.Parse(Encoding.Latin1.GetString(bytes)));
        Assert.InRange(refused, 100, int.MaxValue);
    }

    private static string Show(CdiValue value)
    {
        if (value.Text is { } text)
        {
            return text;
        }

        var all = new StringBuilder();
        foreach (CdiValue item in value.Items ?? [])
        {
            all.Append(all.Length > 0 ? "," : "").Append(Show(item));
        }

        foreach ((string name, CdiValue member) in value.Members ?? [])
        {
            all.Append(all.Length > 0 ? "," : "").Append(name).Append(':').Append(Show(member));
        }

        return value.Items is not null ? $"[{all}]" : $"{{{all}}}";
    }
}
