using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Kerr.Image;
using Kerr.Linux;

namespace Kerr.Build.Assembly;

/// <summary>What an image says about itself, as the JSON object that a SIF file carries so that nothing need be mounted.</summary>
/// <remarks>
/// <c>{"data":{"attributes":{"apps":{A:{…}},"environment":{path:text},"labels":{key:value},"runscript":…,"test":…,
/// "helpfile":…,"deffile":…,"startscript":…}},"type":"container"}</c>; what is empty is left out.
/// </remarks>
public static class InspectMetadata
{
    public const string ObjectName = "inspect-metadata.json";
    private const string Root = "/.singularity.d";
    private const string Apps = "/scif/apps";
    private const int LargestText = 1 << 20;

    /// <param name="warn">Told of labels that cannot be read, which are left out then; without it they are an error.</param>
    public static byte[] Of(IImageTree tree, Action<string>? warn = null)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("data");
            json.WriteStartObject("attributes");
            WriteApps(json, tree, warn);
            WriteEnvironment(json, tree, Root, withDocker: true);
            WriteLabels(json, tree, Root, warn);
            WriteText(json, tree, "runscript", $"{Root}/runscript");
            WriteText(json, tree, "test", $"{Root}/test");
            WriteText(json, tree, "helpfile", $"{Root}/runscript.help");
            WriteText(json, tree, "deffile", $"{Root}/Singularity");
            WriteText(json, tree, "startscript", $"{Root}/startscript");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteString("type", "container");
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteApps(Utf8JsonWriter json, IImageTree tree, Action<string>? warn)
    {
        bool any = false;
        foreach (string app in tree.List(Apps) ?? [])
        {
            string directory = $"{Apps}/{app}/scif";
            if (tree.List(directory) is null)
            {
                continue;
            }

            if (!any)
            {
                json.WriteStartObject("apps");
                any = true;
            }

            json.WriteStartObject(Unicode(app));
            WriteEnvironment(json, tree, directory, withDocker: false);
            WriteLabels(json, tree, directory, warn);
            WriteText(json, tree, "runscript", $"{directory}/runscript");
            WriteText(json, tree, "startscript", $"{directory}/startscript");
            WriteText(json, tree, "test", $"{directory}/test");
            WriteText(json, tree, "helpfile", $"{directory}/runscript.help");
            json.WriteEndObject();
        }

        if (any)
        {
            json.WriteEndObject();
        }
    }

    // The scripts that hold what an author or a converted image set; the others are the same in every image.
    private static void WriteEnvironment(Utf8JsonWriter json, IImageTree tree, string directory, bool withDocker)
    {
        bool any = false;
        foreach (string name in tree.List($"{directory}/env") ?? [])
        {
            bool wanted = (name.StartsWith('9') && name.EndsWith("-environment.sh", StringComparison.Ordinal))
                || (withDocker && name.StartsWith("10-docker", StringComparison.Ordinal) && name.EndsWith(".sh", StringComparison.Ordinal));
            string path = $"{directory}/env/{name}";
            if (!wanted || Text(tree, path) is not { } text)
            {
                continue;
            }

            if (!any)
            {
                json.WriteStartObject("environment");
                any = true;
            }

            json.WriteString(Unicode(path), text);
        }

        if (any)
        {
            json.WriteEndObject();
        }
    }

    private static void WriteLabels(Utf8JsonWriter json, IImageTree tree, string directory, Action<string>? warn)
    {
        string path = $"{directory}/labels.json";
        if (tree.ReadFile(path, LargestText) is not { Length: > 0 } bytes)
        {
            return;
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            foreach (JsonProperty label in document.RootElement.EnumerateObject())
            {
                labels[label.Name] = label.Value.ValueKind == JsonValueKind.String
                    ? label.Value.GetString()!
                    : throw new JsonException($"the value of {label.Name} is no string");
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            string problem = $"the labels of the image, in {path}, cannot be read: {error.Message}";
            (warn ?? throw new UserException(problem, "correct that file, or remove it"))(problem);
            return;
        }

        if (labels.Count == 0)
        {
            return;
        }

        json.WriteStartObject("labels");
        foreach ((string key, string value) in labels)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, IImageTree tree, string name, string path)
    {
        if (Text(tree, path) is { Length: > 0 } text)
        {
            json.WriteString(name, text);
        }
    }

    private static string? Text(IImageTree tree, string path)
        => tree.ReadFile(path, LargestText) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\n') : null;

    // Names are kept one character per byte; JSON wants the characters that the bytes are in UTF-8.
    private static string Unicode(string latin1) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin1));
}
