using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using Kerr.Registry.Distribution;

namespace Kerr.Registry.Sources;

/// <summary>What the configuration of an OCI image says about how to run it. OCI image specification, config.md.</summary>
public sealed class OciConfig
{
    private OciConfig(byte[] bytes) => Bytes = bytes;

    /// <summary>The document as it is.</summary>
    public byte[] Bytes { get; }

    public string? Architecture { get; private init; }

    public string? Variant { get; private init; }

    /// <summary>Seconds since 1970; null where nothing is said, or the time before computers that reproducible builds put there.</summary>
    public long? CreatedAt { get; private init; }

    /// <summary><c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; private init; } = [];

    public IReadOnlyList<string> Entrypoint { get; private init; } = [];

    public IReadOnlyList<string> Command { get; private init; } = [];

    public SortedDictionary<string, string> Labels { get; private init; } = new(StringComparer.Ordinal);

    public static OciConfig Parse(byte[] bytes)
    {
        using JsonDocument document = Json.Parse(bytes, "the image's configuration");
        JsonElement root = document.RootElement, run = Json.Object(root, "config");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        JsonElement given = Json.Object(run, "Labels");
        if (given.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty label in given.EnumerateObject())
            {
                labels[label.Name] = label.Value.ValueKind == JsonValueKind.String ? label.Value.GetString()! : label.Value.GetRawText();
            }
        }

        return new OciConfig(bytes)
        {
            Architecture = Json.Text(root, "architecture"),
            Variant = Json.Text(root, "variant"),
            CreatedAt = Time(Json.Text(root, "created")),
            Environment = Json.Texts(run, "Env"),
            Entrypoint = Json.Texts(run, "Entrypoint"),
            Command = Json.Texts(run, "Cmd"),
            Labels = labels,
        };
    }

    private static long? Time(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            && time.ToUnixTimeSeconds() is > 0 and <= uint.MaxValue and var seconds ? seconds : null;
}
