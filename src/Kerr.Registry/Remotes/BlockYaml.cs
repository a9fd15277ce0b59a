using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json.Nodes;

namespace Kerr.Registry.Remotes;

/// <summary>Reads the part of YAML that configuration files of the peers are written in: block mappings and sequences of one-line scalars.</summary>
/// <remarks>YAML 1.2 has much more: anchors, tags, flow collections, folded text. Those are refused by line, never misread.</remarks>
internal sealed class BlockYaml
{
    private const int Deepest = 16;
    private readonly List<Line> _lines = [];
    private int _at;

    private BlockYaml(string text)
    {
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd('\r', ' ');
            string content = line.TrimStart(' ');
            if (content.Length == 0 || content[0] == '#' || (_lines.Count == 0 && line == "---"))
            {
                continue;
            }

            if (content[0] == '\t')
            {
                throw Wrong(number, "a tab indents, where only blanks can");
            }

            _lines.Add(new Line(number, line.Length - content.Length, content));
        }
    }

    private readonly record struct Line(int Number, int Indent, string Content)
    {
        internal bool IsItem => Content == "-" || Content.StartsWith("- ", StringComparison.Ordinal);
    }

    /// <summary>The document: objects, arrays and texts; null when it is empty.</summary>
    /// <exception cref="InvalidDataException">It is no YAML, or more than this reads; the message names the line.</exception>
    internal static JsonNode? Parse(string text)
    {
        var yaml = new BlockYaml(text);
        if (yaml._lines.Count == 0)
        {
            return null;
        }

        JsonNode? document = yaml.Node(0);
        return yaml._at == yaml._lines.Count ? document : throw Wrong(yaml._lines[yaml._at].Number, "its indentation fits nothing above");
    }

    private JsonNode? Node(int depth)
    {
        Line first = _lines[_at];
        if (depth > Deepest)
        {
            throw Wrong(first.Number, $"more than {Deepest} levels");
        }

        return first.IsItem ? Sequence(first.Indent, depth) : Mapping(first.Indent, depth);
    }

    private JsonArray Sequence(int indent, int depth)
    {
        var items = new JsonArray();
        while (_at < _lines.Count && _lines[_at] is { IsItem: true } line && line.Indent == indent)
        {
            string content = line.Content[1..].TrimStart(' ');
            if (content.Length == 0)
            {
                _at++;
                items.Add(Below(indent, line, depth));
            }
            else if (KeyEnd(content) < 0)
            {
                _at++;
                items.Add(Scalar(content, line.Number));
            }
            else
            {
                // "- key: value" is a mapping that begins where its first key stands.
                _lines[_at] = line with { Indent = indent + line.Content.Length - content.Length, Content = content };
                items.Add(Node(depth + 1));
            }
        }

        return items;
    }

    private JsonObject Mapping(int indent, int depth)
    {
        var members = new JsonObject();
        while (_at < _lines.Count && _lines[_at] is { IsItem: false } line && line.Indent == indent)
        {
            int end = KeyEnd(line.Content);
            if (end < 0)
            {
                throw Wrong(line.Number, "no NAME: VALUE");
            }

            string key = end > 0 && Scalar(line.Content[..end], line.Number) is JsonValue name ? name.GetValue<string>() : throw Wrong(line.Number, "a name is missing");
            string value = line.Content[(end + 1)..].TrimStart(' ');
            _at++;
            JsonNode? node = value.Length == 0 || value[0] == '#' ? Below(indent, line, depth) : Scalar(value, line.Number);
            if (!members.TryAdd(key, node))
            {
                throw Wrong(line.Number, $"{key} is there twice");
            }
        }

        return members;
    }

    // What stands below a name: deeper lines, or items at its own depth; nothing is null.
    private JsonNode? Below(int indent, Line parent, int depth)
        => _at < _lines.Count && (_lines[_at].Indent > indent || (_lines[_at].Indent == indent && _lines[_at].IsItem && !parent.IsItem)) ? Node(depth + 1) : null;

    /// <summary>Where the colon of a name is; -1 when the text is no name with a value.</summary>
    private static int KeyEnd(string content)
    {
        int at = 0;
        if (content[0] is '"' or '\'')
        {
            at = content.IndexOf(content[0], 1) + 1;
            return at > 0 && at < content.Length && content[at] == ':' && (at + 1 == content.Length || content[at + 1] == ' ') ? at : -1;
        }

        for (; at < content.Length; at++)
        {
            if (content[at] == ':' && (at + 1 == content.Length || content[at + 1] == ' '))
            {
                return at;
            }
        }

        return -1;
    }

    private static JsonNode? Scalar(string text, int line)
    {
        if (text[0] is '"' or '\'')
        {
            return JsonValue.Create(Quoted(text, line));
        }

        int comment = text.IndexOf(" #", StringComparison.Ordinal);
        string plain = comment < 0 ? text : text[..comment].TrimEnd(' ');
        return plain switch
        {
            "~" or "null" => null,
            "{}" => new JsonObject(),
            "[]" => new JsonArray(),
            _ when "&*!|>%@`{[".Contains(plain[0], StringComparison.Ordinal) => throw Wrong(line, $"{plain} is more YAML than these files are written in"),
            _ => JsonValue.Create(plain),
        };
    }

    private static string Quoted(string text, int line)
    {
        var value = new StringBuilder();
        char quote = text[0];
        for (int i = 1; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote && quote == '\'' && i + 1 < text.Length && text[i + 1] == '\'')
            {
                value.Append('\'');
                i++;
            }
            else if (c == quote)
            {
                string rest = text[(i + 1)..].TrimStart(' ');
                return rest.Length == 0 || rest[0] == '#' ? value.ToString() : throw Wrong(line, "something follows the closing quote");
            }
            else if (c == '\\' && quote == '"' && i + 1 < text.Length)
            {
                i++;
                value.Append(text[i] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    '"' or '\\' or '/' => text[i],
                    _ => throw Wrong(line, $"\\{text[i]} is not understood"),
                });
            }
            else
            {
                value.Append(c);
            }
        }

        throw Wrong(line, "the closing quote is missing");
    }

    private static InvalidDataException Wrong(int line, string why) => new($"line {line}: {why}");
}
