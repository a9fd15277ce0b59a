using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Kerr.Build.Inspection;

/// <summary>The JSON of <c>inspect</c>, with the indentation, the order and the escapes that Go's encoder gives the peers'.</summary>
/// <remarks>Programs read it as JSON, but people also grep in it.</remarks>
public static class AttributesJson
{
    /// <summary>The text, without a line end behind it.</summary>
    public static string Of(ImageAttributes attributes)
    {
        StringBuilder text = new();
        text.Append("{\n\t\"data\": {\n\t\t\"attributes\": ");
        Append(text, attributes, depth: 2, app: false);
        return text.Append("\n\t},\n\t\"type\": \"container\"\n}").ToString();
    }

    private static void Append(StringBuilder text, ImageAttributes attributes, int depth, bool app)
    {
        var members = new Members(text, depth);
        if (attributes.Apps.Count > 0)
        {
            members.Next("apps");
            var apps = new Members(text, depth + 1);
            foreach ((string name, ImageAttributes own) in attributes.Apps)
            {
                apps.Next(name);
                Append(text, own, depth + 2, app: true);
            }

            apps.End();
        }

        Append(ref members, text, "environment", attributes.Environment, depth);
        Append(ref members, text, "labels", attributes.Labels, depth);
        Append(ref members, text, "runscript", attributes.Runscript);
        if (app)
        {
            Append(ref members, text, "startscript", attributes.Startscript);
        }

        Append(ref members, text, "test", attributes.Test);
        Append(ref members, text, "helpfile", attributes.Helpfile);
        if (!app)
        {
            Append(ref members, text, "deffile", attributes.Deffile);
            Append(ref members, text, "startscript", attributes.Startscript);
        }

        members.End();
    }

    private static void Append(
        ref Members members, StringBuilder text, string name, SortedDictionary<string, string> map, int depth)
    {
        if (map.Count == 0)
        {
            return;
        }

        members.Next(name);
        var entries = new Members(text, depth + 1);
        foreach ((string key, string value) in map)
        {
            entries.Next(key);
            Quote(text, value);
        }

        entries.End();
    }

    private static void Append(ref Members members, StringBuilder text, string name, string value)
    {
        if (value.Length > 0)
        {
            members.Next(name);
            Quote(text, value);
        }
    }

    /// <summary>Adds a JSON string as Go writes it: without the characters that HTML takes for its own.</summary>
    internal static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029'
                    => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    /// <summary>An object that is being written: braces, commas, line ends and indentation.</summary>
    private struct Members
    {
        private readonly StringBuilder _text;
        private readonly int _depth;
        private bool _any;

        internal Members(StringBuilder text, int depth)
        {
            _text = text.Append('{');
            _depth = depth;
        }

        internal void Next(string name)
        {
            _text.Append(_any ? ",\n" : "\n").Append('\t', _depth + 1);
            Quote(_text, name);
            _text.Append(": ");
            _any = true;
        }

        internal readonly void End()
        {
            if (_any)
            {
                _text.Append('\n').Append('\t', _depth);
            }

            _text.Append('}');
        }
    }
}
