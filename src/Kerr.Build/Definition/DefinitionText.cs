using System;
using System.Collections.Generic;

namespace Kerr.Build.Definition;

/// <summary>The words of a definition file and what may stand where; a line is a section's first when its first word starts with %.</summary>
internal static class DefinitionText
{
    private static readonly HashSet<string> s_keys = new(StringComparer.Ordinal)
    {
        "bootstrap", "from", "includecmd", "mirrorurl", "updateurl", "osversion", "include", "library", "registry", "namespace",
        "stage", "product", "user", "regcode", "productpgp", "registerurl", "modules", "otherurl", "fingerprints", "confurl",
        "setopt", "target", "frontend", "filename", "buildargs",
    };

    private static readonly HashSet<string> s_sections = new(StringComparer.Ordinal)
    {
        "help", "setup", "files", "labels", "environment", "pre", "post", "runscript", "test", "startscript", "arguments",
    };

    private static readonly HashSet<string> s_appSections = new(StringComparer.Ordinal)
    {
        "install", "labels", "files", "env", "test", "help", "run", "start",
    };

    /// <summary>A key may end in a number, as <c>OtherURL1</c>.</summary>
    internal static bool IsKey(string key) => s_keys.Contains(key) || s_keys.Contains(key.TrimEnd("0123456789".ToCharArray()));

    internal static bool IsSection(string name) => s_sections.Contains(name);

    /// <summary>The part after <c>app</c>: <c>appinstall</c> gives <c>install</c>.</summary>
    internal static bool IsAppSection(string name, out string part)
    {
        part = name.StartsWith("app", StringComparison.Ordinal) ? name[3..] : "";
        return s_appSections.Contains(part);
    }

    internal static bool IsBlankOrComment(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim(" \t\r");
        return text.IsEmpty || text[0] == '#';
    }

    /// <summary>Whether the line begins a section, and where its name and its arguments are.</summary>
    internal static bool IsSectionLine(string line, out string name, out string arguments, out int column)
    {
        column = line.Length - line.AsSpan().TrimStart(" \t").Length;
        name = arguments = "";
        if (column == line.Length || line[column] != '%')
        {
            return false;
        }

        int end = column + 1;
        while (end < line.Length && line[end] is not (' ' or '\t' or '\r'))
        {
            end++;
        }

        name = line[(column + 1)..end].ToLowerInvariant();
        string rest = line[end..];
        int comment = rest.IndexOf('#', StringComparison.Ordinal);
        arguments = (comment < 0 ? rest : rest[..comment]).Trim(' ', '\t', '\r');
        column++;
        return true;
    }

    /// <summary>A stage begins at each line that starts with <c>Bootstrap:</c>.</summary>
    internal static bool BeginsStage(string line) => line.StartsWith("bootstrap:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Splits at blanks outside double quotes, which are taken away.</summary>
    internal static List<(string Word, int Column)> Words(string line)
    {
        var words = new List<(string, int)>();
        var word = new System.Text.StringBuilder();
        bool quoted = false, any = false;
        int start = 0;
        for (int i = 0; i <= line.Length; i++)
        {
            char c = i < line.Length ? line[i] : ' ';
            if (c == '"' && i < line.Length)
            {
                start = any ? start : i;
                quoted = !quoted;
                any = true;
            }
            else if (c is ' ' or '\t' or '\r' && (!quoted || i == line.Length))
            {
                if (any)
                {
                    words.Add((word.ToString(), start + 1));
                    word.Clear();
                    any = false;
                }
            }
            else
            {
                start = any ? start : i;
                any = true;
                word.Append(c);
            }
        }

        return words;
    }
}
