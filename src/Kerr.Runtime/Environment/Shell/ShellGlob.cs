using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>Expands patterns of absolute paths against the container's files.</summary>
/// <remarks>Names come in the order of their bytes; those that begin with a dot want a pattern that does.</remarks>
internal sealed class ShellGlob(IShellFiles files, ShellLimits limits)
{
    private readonly List<string> _found = [];

    /// <summary>
    /// The paths that match, none if none does; null when that is not known before the launch. In the pattern, quoted characters
    /// have a backslash.
    /// </summary>
    internal IReadOnlyList<string>? Expand(string pattern)
    {
        _found.Clear();
        return pattern.StartsWith('/') && Walk("", pattern[1..].Split('/'), 0) ? _found : null;
    }

    private bool Walk(string path, string[] patterns, int depth)
    {
        if (depth == patterns.Length)
        {
            _found.Add(path);
            return true;
        }

        if (!limits.Touch(path.Length + 64))
        {
            return false;
        }

        string pattern = patterns[depth];
        if (pattern.AsSpan().IndexOfAny('*', '?', '[') < 0 || IsQuoted(pattern))
        {
            return Step($"{path}/{Unquoted(pattern)}", patterns, depth);
        }

        switch (files.Look(path.Length == 0 ? "/" : path))
        {
            case ShellFileFact.Unknown:
                return false;
            case ShellFileFact.Directory:
                break;
            default:
                return true;
        }

        if (files.Names(path.Length == 0 ? "/" : path) is not { } names)
        {
            return false;
        }

        List<string> sorted = [.. names];
        sorted.Sort(string.CompareOrdinal);
        foreach (string name in sorted)
        {
            bool shown = name[0] != '.' || pattern[0] == '.';
            if (shown && limits.Touch(name.Length + pattern.Length) && ShellPattern.Matches(pattern, name)
                && !Step($"{path}/{name}", patterns, depth))
            {
                return false;
            }
        }

        return true;
    }

    private bool Step(string path, string[] patterns, int depth)
    {
        // The last component need only be there, the others must lead on.
        ShellFileFact fact = files.Look(path.Length == 0 ? "/" : path);
        if (fact == ShellFileFact.Unknown)
        {
            return false;
        }

        bool last = depth == patterns.Length - 1;
        return fact == ShellFileFact.Missing || (!last && fact != ShellFileFact.Directory) || Walk(path, patterns, depth + 1);
    }

    /// <summary>Whether all that looks like a pattern is quoted.</summary>
    private static bool IsQuoted(string pattern)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
            }
            else if (pattern[i] is '*' or '?' or '[')
            {
                return false;
            }
        }

        return true;
    }

    private static string Unquoted(string pattern)
    {
        System.Text.StringBuilder text = new(pattern.Length);
        for (int i = 0; i < pattern.Length; i++)
        {
            i += pattern[i] == '\\' && i + 1 < pattern.Length ? 1 : 0;
            text.Append(pattern[i]);
        }

        return text.ToString();
    }
}
