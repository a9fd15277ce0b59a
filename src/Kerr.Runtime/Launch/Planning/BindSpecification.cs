using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>One bind that the user asked for, by <c>--bind</c> or <c>--mount</c>.</summary>
/// <remarks>
/// <c>--bind</c>: <c>src[:dest[:opt[,opt]]]</c>, specs separated by commas, <c>\,</c> and <c>\:</c> for a plain comma or colon.
/// <c>--mount</c>: comma-separated <c>key=value</c> with CSV quoting, specs separated by newlines.
/// </remarks>
/// <param name="Source">As it was written.</param>
/// <param name="Destination">As it was written; empty when it is the source's own path.</param>
public sealed record BindSpecification(string Source, string Destination)
{
    public bool ReadOnly { get; init; }

    /// <summary>The flag or variable that asked for it.</summary>
    public string Why { get; init; } = "";

    /// <summary>Path inside the image <see cref="Source"/>; null for a plain bind.</summary>
    public string? ImageSource { get; init; }

    /// <summary>Number of the partition in the SIF <see cref="Source"/>.</summary>
    public uint? PartitionId { get; init; }

    /// <summary>Whether a container that is started inside this one binds it, too: it is told by a variable.</summary>
    public bool Nested { get; init; } = true;

    public bool IsImage => ImageSource is not null || PartitionId is not null;

    /// <exception cref="UserException">The text is no bind specification.</exception>
    public static IEnumerable<BindSpecification> ParseBind(string text)
    {
        // A comma separates binds, unless what follows it is an option of the bind before. Between two of them may be nothing: "$EXTRA" of a script.
        var current = new List<string>();
        foreach (List<string> fields in Split(text))
        {
            if (fields is [""])
            {
                continue;
            }

            if (current.Count == 3 && fields.Count == 1 && IsOption(fields[0]))
            {
                current[2] += "," + fields[0];
                continue;
            }

            if (current.Count > 0)
            {
                yield return FromFields(current, text);
            }

            current = fields;
        }

        if (current.Count > 0)
        {
            yield return FromFields(current, text);
        }
    }

    /// <exception cref="UserException">The text is no mount specification.</exception>
    public static IEnumerable<BindSpecification> ParseMount(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            if (line.Length > 0)
            {
                yield return FromMountLine(line);
            }
        }
    }

    private static BindSpecification FromFields(List<string> fields, string text)
    {
        if (fields.Count > 3)
        {
            throw new UserException(
                $"bind {text} has too many colons", "write source:destination:options, with \\: for a colon in a name");
        }

        string source = fields[0];
        if (source.Length == 0)
        {
            throw new UserException($"bind {text} has no source", "write source:destination, or only source");
        }

        string destination = fields.Count > 1 ? fields[1] : "";
        var bind = new BindSpecification(source, destination);
        foreach (string option in fields.Count > 2 ? fields[2].Split(',') : [])
        {
            bind = bind.With(option, text);
        }

        return bind;
    }

    private static BindSpecification FromMountLine(string line)
    {
        string? type = null, source = null, destination = null;
        var bind = new BindSpecification("", "");
        foreach (string field in SplitCsv(line))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? field : field[..equals];
            string? value = equals < 0 ? null : field[(equals + 1)..];
            switch (key.ToLowerInvariant())
            {
                case "type":
                    type = value;
                    break;
                case "source" or "src":
                    source = value;
                    break;
                case "destination" or "dst" or "target":
                    destination = value;
                    break;
                case "ro" or "readonly":
                    bind = bind with { ReadOnly = value is null or "true" or "1" };
                    break;
                case "rw":
                    bind = bind with { ReadOnly = false };
                    break;
                case "nonested":
                    bind = bind with { Nested = false };
                    break;
                case "image-src" or "id":
                    bind = bind.With(field, line);
                    break;
                case "bind-propagation":
                    throw new UserException("--mount does not take bind-propagation", "leave it out: mounts are private to the container");
                default:
                    throw new UserException(
                        $"--mount does not know {key}", "use type=bind,source=…,destination=…[,ro][,image-src=…][,id=…][,nonested]");
            }
        }

        if (type is not "bind")
        {
            throw new UserException($"--mount {line} has type {type ?? "none"}", "use type=bind: no other is supported");
        }

        return string.IsNullOrEmpty(source) || string.IsNullOrEmpty(destination)
            ? throw new UserException(
                $"--mount {line} has no {(string.IsNullOrEmpty(source) ? "source" : "destination")}",
                "use type=bind,source=…,destination=…")
            : bind with { Source = source, Destination = destination };
    }

    private static bool IsOption(string text)
        => text is "ro" or "rw" || text.StartsWith("image-src=", StringComparison.Ordinal) || text.StartsWith("id=", StringComparison.Ordinal);

    private BindSpecification With(string option, string text)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        string value = equals < 0 ? "" : option[(equals + 1)..];
        return (equals < 0 ? option : option[..equals]) switch
        {
            "ro" => this with { ReadOnly = true },
            "rw" => this with { ReadOnly = false },
            "image-src" when value.Length > 0 => this with { ImageSource = value },
            "id" when value.Length > 0 => Id(value),
            _ => throw new UserException(
                $"bind {text} has an option that is not known: {option}", "options are ro, rw, image-src=PATH and id=NUMBER"),
        };

        BindSpecification Id(string number)
            => uint.TryParse(number, System.Globalization.NumberStyles.None, null, out uint id) && id > 0
                ? this with { PartitionId = id }
                : throw new UserException($"bind {text} has a partition number that is none: {number}", "write id= with the number of a partition, from 1 on");
    }

    /// <summary>Binds by unescaped commas, each as its fields by unescaped colons; escapes resolved.</summary>
    private static IEnumerable<List<string>> Split(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length && text[i + 1] is ',' or ':' or '\\')
            {
                field.Append(text[++i]);
            }
            else if (c == ':')
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else if (c == ',')
            {
                fields.Add(field.ToString());
                field.Clear();
                yield return fields;
                fields = [];
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        yield return fields;
    }

    private static List<string> SplitCsv(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"' && (quoted || field.Length == 0))
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        if (quoted)
        {
            throw new UserException($"--mount {line} has a quote that is not closed", "close it, or double it to mean itself");
        }

        fields.Add(field.ToString());
        return fields;
    }
}
