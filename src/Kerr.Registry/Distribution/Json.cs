using System;
using System.IO;
using System.Text.Json;

namespace Kerr.Registry.Distribution;

/// <summary>Members of JSON documents that others wrote.</summary>
internal static class Json
{
    internal static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string what)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind == JsonValueKind.Object || document.RootElement.ValueKind == JsonValueKind.Array)
            {
                return document;
            }

            document.Dispose();
            throw new InvalidDataException($"{what} is neither a JSON object nor an array");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{what} is no JSON: {error.Message}", error);
        }
    }

    /// <summary>A text member; null where there is none.</summary>
    internal static string? Text(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A member that is an object; an undefined element where there is none.</summary>
    internal static JsonElement Object(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object ? value : default;

    /// <summary>The text items of a member that is an array.</summary>
    internal static string[] Texts(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var texts = new string[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            texts[i++] = item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new InvalidDataException($"an item of {name} is no text");
        }

        return texts;
    }
}
