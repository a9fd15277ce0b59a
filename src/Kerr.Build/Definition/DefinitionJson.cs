using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Kerr.Linux;

namespace Kerr.Build.Definition;

/// <summary>The JSON form of a definition, which the peers take with <c>build --json</c>.</summary>
/// <remarks>
/// <code>
/// header{}  imageData{ labels{}, imageScripts{ help, environment, runScript, test, startScript: {args, script} } }
/// buildData{ files[{args, files[{source, destination}]}], buildScripts{ pre, setup, post, test, arguments } }
/// customData{ "appinstall NAME": {args, script} or text }   appOrder[]   raw
/// </code>
/// </remarks>
public static class DefinitionJson
{
    /// <exception cref="UserException">It is no JSON, or a member has the wrong kind; with line and column.</exception>
    public static DefinitionFile Parse(string file, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Encoding.Latin1.GetBytes(text));
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("header", out _))
            {
                throw new UserException($"{file} is no definition: it has no header", "begin it with: {\"header\": {\"bootstrap\": \"localimage\", \"from\": …}}");
            }

            DefinitionStage stage = Stage(root, file);
            string raw = root.TryGetProperty("raw", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.String && bytes.TryGetBytesFromBase64(out byte[]? decoded)
                ? Encoding.Latin1.GetString(decoded) : DefinitionWriter.Write(stage);
            return new DefinitionFile(file, raw, [stage]);
        }
        catch (JsonException error)
        {
            int line = (int)(error.LineNumber ?? 0), column = (int)(error.BytePositionInLine ?? 0);
            string[] lines = text.Split('\n');
            throw DefinitionErrors.At(
                file, line + 1, column + 1, line < lines.Length ? lines[line] : "", "this is no JSON", "leave out --json for a definition file in its usual form");
        }
        catch (InvalidDataException error)
        {
            throw new UserException($"{file} is no definition: {error.Message}", inner: error);
        }
    }

    private static DefinitionStage Stage(JsonElement root, string file)
    {
        var stage = new DefinitionStage();
        foreach (JsonProperty entry in Members(root, "header"))
        {
            string key = ByteText.FromUnicode(entry.Name).ToLowerInvariant();
            if (!DefinitionText.IsKey(key))
            {
                throw new UserException($"invalid header keyword found: {key} in {file}", "keys are bootstrap, from, include and others");
            }

            stage.Set(key, Text(entry.Value, entry.Name));
        }

        if (Object(root, "imageData") is { } image)
        {
            AddScripts(stage, image, "imageScripts");
            AddLabels(stage, image);
        }

        if (Object(root, "buildData") is { } build)
        {
            AddScripts(stage, build, "buildScripts");
            AddFiles(stage, build);
        }

        AddApps(stage, root);
        return stage;
    }

    private static void AddScripts(DefinitionStage stage, JsonElement parent, string member)
    {
        foreach (JsonProperty entry in Members(parent, member))
        {
            string name = entry.Name.ToLowerInvariant();
            if (!DefinitionText.IsSection(name))
            {
                throw new InvalidDataException($"{member} has {entry.Name}, which is no section");
            }

            DefinitionSection section = Section(entry.Value, entry.Name);
            if (section.Text.Length > 0)
            {
                stage.Sections[name] = section;
            }
        }
    }

    private static void AddLabels(DefinitionStage stage, JsonElement image)
    {
        var lines = new StringBuilder();
        foreach (JsonProperty label in Members(image, "labels"))
        {
            lines.Append(ByteText.FromUnicode(label.Name)).Append(' ').Append(Text(label.Value, label.Name)).Append('\n');
        }

        if (lines.Length > 0)
        {
            stage.Sections["labels"] = new DefinitionSection("", lines.ToString());
        }
    }

    private static void AddFiles(DefinitionStage stage, JsonElement build)
    {
        foreach (JsonElement group in Items(build, "files"))
        {
            string[] words = (group.TryGetProperty("args", out JsonElement args) ? Text(args, "args") : "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var files = new DefinitionFiles(words is ["from", var from, ..] ? from : null, []);
            foreach (JsonElement copy in Items(group, "files"))
            {
                files.Copies.Add(new DefinitionCopy(
                    Text(copy.GetProperty("source"), "source"),
                    copy.TryGetProperty("destination", out JsonElement destination) ? Text(destination, "destination") : ""));
            }

            stage.Files.Add(files);
        }
    }

    private static void AddApps(DefinitionStage stage, JsonElement root)
    {
        foreach (JsonElement name in Items(root, "appOrder"))
        {
            stage.Apps.Add(new DefinitionApp(Text(name, "appOrder")));
        }

        foreach (JsonProperty entry in Members(root, "customData"))
        {
            string[] words = entry.Name.ToLowerInvariant().Split(' ', 2);
            if (words.Length != 2 || !DefinitionText.IsAppSection(words[0], out string part))
            {
                throw new InvalidDataException($"customData has {entry.Name}, which is no section of an app");
            }

            string app = ByteText.FromUnicode(entry.Name[(words[0].Length + 1)..]).Trim();
            DefinitionApp? found = stage.Apps.Find(known => known.Name == app);
            if (found is null)
            {
                found = new DefinitionApp(app);
                stage.Apps.Add(found);
            }

            DefinitionSection section = entry.Value.ValueKind == JsonValueKind.String
                ? new DefinitionSection("", Text(entry.Value, entry.Name)) : Section(entry.Value, entry.Name);
            if (part == "files")
            {
                foreach (string line in section.Text.Split('\n'))
                {
                    List<(string Word, int Column)> copy = DefinitionText.Words(line);
                    if (copy.Count > 0)
                    {
                        found.Files.Add(new DefinitionCopy(copy[0].Word, copy.Count > 1 ? copy[1].Word : ""));
                    }
                }
            }
            else
            {
                found.Sections[part] = section;
            }
        }
    }

    private static DefinitionSection Section(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"{name} is no object with args and script");
        }

        string script = value.TryGetProperty("script", out JsonElement text) ? Text(text, "script") : "";
        return new DefinitionSection(
            value.TryGetProperty("args", out JsonElement args) ? Text(args, "args") : "",
            script.Length == 0 || script.EndsWith('\n') ? script : script + "\n");
    }

    private static JsonElement? Object(JsonElement parent, string member)
        => parent.TryGetProperty(member, out JsonElement found) && found.ValueKind != JsonValueKind.Null
            ? found.ValueKind == JsonValueKind.Object ? found : throw new InvalidDataException($"{member} is no object")
            : null;

    private static JsonElement.ObjectEnumerator Members(JsonElement parent, string member)
        => Object(parent, member)?.EnumerateObject() ?? default;

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string member)
        => parent.TryGetProperty(member, out JsonElement found) && found.ValueKind != JsonValueKind.Null
            ? found.ValueKind == JsonValueKind.Array ? found.EnumerateArray() : throw new InvalidDataException($"{member} is no array")
            : default;

    private static string Text(JsonElement value, string name)
        => value.ValueKind switch
        {
            JsonValueKind.String => ByteText.FromUnicode(value.GetString()!),
            JsonValueKind.Null => "",
            _ => throw new InvalidDataException($"{name} is no string"),
        };
}
