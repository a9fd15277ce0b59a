using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kerr.Build.Definition;
using Kerr.Build.Inspection;
using Kerr.Linux;
using Kerr.Runtime.Configuration;

namespace Kerr.Build.Metadata;

/// <summary>The labels of an image, <c>labels.json</c>; byte text.</summary>
internal sealed class Labels
{
    private const string Schema = "org.label-schema.", Usage = Schema + "usage";
    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, string> All => _labels;

    /// <summary>The labels that a base image has.</summary>
    /// <exception cref="UserException">They cannot be read.</exception>
    internal static Labels Read(string? json)
    {
        var labels = new Labels();
        if (string.IsNullOrWhiteSpace(json))
        {
            return labels;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(Encoding.Latin1.GetBytes(json));
            foreach (JsonProperty label in document.RootElement.EnumerateObject())
            {
                labels._labels[ByteText.FromUnicode(label.Name)] = ByteText.FromUnicode(
                    label.Value.ValueKind == JsonValueKind.String ? label.Value.GetString()! : label.Value.GetRawText());
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new UserException($"the labels of the base image cannot be read: {error.Message}", "correct /.singularity.d/labels.json in it", error);
        }

        return labels;
    }

    /// <summary>The labels of a text of lines, <c>key value</c>: of a <c>%labels</c> section or of $APPTAINER_LABELS.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Lines(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim(' ', '\t', '\r');
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                continue;
            }

            int blank = trimmed.AsSpan().IndexOfAny(' ', '\t');
            yield return new(blank < 0 ? trimmed : trimmed[..blank], blank < 0 ? "" : trimmed[blank..].Trim(' ', '\t'));
        }
    }

    /// <summary>Adds what the author wrote; a label that is there already stays, unless it is to be replaced.</summary>
    internal void Add(IEnumerable<KeyValuePair<string, string>> labels, bool replace, Action<string> warn)
    {
        foreach ((string key, string value) in labels)
        {
            if (_labels.TryGetValue(key, out string? before) && before != value && !replace)
            {
                warn($"label {key} is there already, and stays as it is: use --force to overwrite it");
            }
            else
            {
                _labels[key] = value;
            }
        }
    }

    /// <summary>The labels that every build sets.</summary>
    /// <param name="time">Seconds since 1970.</param>
    internal void AddOwn(DefinitionStage stage, string architecture, long time, bool help)
    {
        _labels[Schema + "schema-version"] = "1.0";
        _labels[Schema + "build-arch"] = architecture;
        _labels[Schema + "build-date"] = Date(time);
        _labels[Usage + ".apptainer.version"] = Release.PeerNumber;
        foreach ((string key, string value) in stage.Header)
        {
            _labels[$"{Usage}.singularity.deffile.{key}"] = value;
        }

        if (help)
        {
            _labels[Usage] = BaseEntries.Directory + "/runscript.help";
            _labels[Usage + ".apptainer.runscript.help"] = BaseEntries.Directory + "/runscript.help";
        }
    }

    internal void Set(string key, string value) => _labels[key] = value;

    /// <summary>Indented by tabs, sorted, with the escapes of Go's encoder, without a line feed at the end.</summary>
    internal string ToJson()
    {
        var text = new StringBuilder("{");
        bool any = false;
        foreach ((string key, string value) in _labels)
        {
            text.Append(any ? ",\n\t" : "\n\t");
            AttributesJson.Quote(text, key);
            text.Append(": ");
            AttributesJson.Quote(text, value);
            any = true;
        }

        return text.Append(any ? "\n}" : "}").ToString();
    }

    /// <summary><c>Monday_2_August_2021_14:9:36_UTC</c>, as the peers write it.</summary>
    internal static string Date(long time)
    {
        DateTime date = DateTime.UnixEpoch.AddSeconds(time);
        return string.Create(CultureInfo.InvariantCulture, $"{date.DayOfWeek}_{date.Day}_{date:MMMM}_{date.Year}_{date.Hour}:{date.Minute}:{date.Second}_UTC");
    }
}
