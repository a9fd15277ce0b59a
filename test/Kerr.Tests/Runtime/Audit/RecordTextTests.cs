using System;
using System.Collections.Generic;
using System.Text.Json;
using Kerr.Runtime.Audit;
using Xunit;

namespace Kerr.Tests.Runtime.Audit;

public class RecordTextTests
{
    [Theory]
    [InlineData("plain/path", "plain/path")]
    [InlineData("two\nlines", @"two\x0alines")]
    [InlineData("\u001b[31mred", @"\x1b[31mred")]
    [InlineData("not\xff\xfeUTF-8", @"not\xff\xfeUTF-8")]
    [InlineData("back\\slash", @"back\\slash")]
    [InlineData("quote\"}]", "quote\"}]")]
    [InlineData("\x7f\0", @"\x7f\x00")]
    [InlineData(@"\x0a", @"\\x0a")]          // is not the same as a newline
    public void Any_byte_becomes_harmless_text(string value, string expected)
    {
        string line = new RecordText(1024).Text("name", value).Finish();

        Assert.DoesNotContain(line, c => c is < ' ' or > '~');
        Assert.Equal(expected, JsonDocument.Parse(line).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void What_does_not_fit_is_cut_and_told()
    {
        var many = new List<string>();
        for (int i = 0; i < 5000; i++)
        {
            many.Add($"/some/\n\"\\path/{i}");
        }

        string line = new RecordText(7168).Number("kerr", 1).Text("long", new string('\xff', 4096)).Texts("binds", many).Texts("overlays", many).Finish();

        Assert.InRange(line.Length, 6000, 7168);
        JsonElement record = JsonDocument.Parse(line).RootElement;
        Assert.EndsWith("...", record.GetProperty("long").GetString(), StringComparison.Ordinal);
        Assert.Equal("long binds overlays", string.Join(' ', Strings(record.GetProperty("truncated"))));
        Assert.Equal(@"/some/\x0a""\\path/0", record.GetProperty("binds")[0].GetString());
    }

    [Fact]
    public void Whatever_its_fields_are_a_record_is_one_object_within_its_limit()
    {
        var random = new Random(5);
        for (int round = 0; round < 2000; round++)
        {
            var text = new RecordText(2048);
            for (int field = 0; field < random.Next(3); field++)
            {
                text.Text($"t{field}", Junk(random, random.Next(600)));
            }

            for (int list = 0; list < random.Next(4); list++)
            {
                string[] items = new string[random.Next(30)];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = Junk(random, random.Next(300));
                }

                text.Texts($"l{list}", items).Numbers($"n{list}", [1, uint.MaxValue]);
            }

            string line = text.Finish();

            Assert.InRange(line.Length, 2, 2048);
            Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind);
        }
    }

    [Fact]
    public void Objects_and_lists_nest()
        => Assert.Equal(
            """{"a":{"b":1},"l":[{"c":2},{"c":3}],"end":[""",
            new RecordText(512).Open("a").Number("b", 1).Close().OpenList("l").OpenItem().Number("c", 2).Close().OpenItem().Number("c", 3).Close().CloseList().FinishWithList("end"));

    private static string Junk(Random random, int length)
    {
        char[] text = new char[length];
        for (int i = 0; i < length; i++)
        {
            text[i] = (char)random.Next(256);
        }

        return new string(text);
    }

    private static string?[] Strings(JsonElement list)
    {
        var texts = new List<string?>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            texts.Add(item.GetString());
        }

        return [.. texts];
    }
}
