using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace Kerr.Build.Inspection;

/// <summary>Reads <c>inspect-metadata.json</c>, whoever wrote it; names that are not known are passed over.</summary>
public static class AttributesReader
{
    /// <exception cref="InvalidDataException">It is no JSON, or a value is of another kind than it must be.</exception>
    public static ImageAttributes Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var attributes = new ImageAttributes();
            if (Member(document.RootElement, "data") is { } data && Member(data, "attributes") is { } found)
            {
                Fill(attributes, found);
                foreach (JsonProperty app in Members(found, "apps"))
                {
                    var own = new ImageAttributes();
                    Fill(own, app.Value);
                    attributes.Apps[app.Name] = own;
                }
            }

            return attributes;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }

    private static void Fill(ImageAttributes attributes, JsonElement from)
    {
        Fill(attributes.Environment, from, "environment");
        Fill(attributes.Labels, from, "labels");
        attributes.Runscript = Text(from, "runscript");
        attributes.Startscript = Text(from, "startscript");
        attributes.Test = Text(from, "test");
        attributes.Helpfile = Text(from, "helpfile");
        attributes.Deffile = Text(from, "deffile");
    }

    private static void Fill(SortedDictionary<string, string> map, JsonElement from, string name)
    {
        foreach (JsonProperty entry in Members(from, name))
        {
            map[entry.Name] = entry.Value.GetString() ?? "";
        }
    }

    private static string Text(JsonElement from, string name) => Member(from, name)?.GetString() ?? "";

    private static JsonElement? Member(JsonElement from, string name)
        => from.ValueKind != JsonValueKind.Null && from.TryGetProperty(name, out JsonElement found) ? found : null;

    private static IEnumerable<JsonProperty> Members(JsonElement from, string name)
    {
        if (Member(from, name) is not { ValueKind: not JsonValueKind.Null } found)
        {
            yield break;
        }

        foreach (JsonProperty member in found.EnumerateObject())
        {
            yield return member;
        }
    }
}
