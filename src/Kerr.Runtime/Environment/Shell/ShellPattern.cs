using System;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>
/// Matches strings against shell patterns: <c>*</c>, <c>?</c>, <c>[…]</c>; a backslash makes the next character plain.
/// </summary>
internal static class ShellPattern
{
    /// <summary>Whether the whole text matches; only the last star is ever tried again, so the time is bounded by n·m.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0;
        int t = 0;
        int starPattern = -1;
        int starText = 0;
        while (true)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
                continue;
            }

            if (t == text.Length && p == pattern.Length)
            {
                return true;
            }

            if (t < text.Length && p < pattern.Length && MatchesOne(pattern[p..], text[t], out int used))
            {
                p += used;
                t++;
                continue;
            }

            if (starPattern < 0 || starText >= text.Length)
            {
                return false;
            }

            p = starPattern;
            t = ++starText;
        }
    }

    /// <summary>The pattern that matches just this text.</summary>
    internal static string Quote(string text)
    {
        StringBuilder quoted = new(text.Length + 8);
        foreach (char c in text)
        {
            if (c is '*' or '?' or '[' or ']' or '\\' or '-' or '!' or '^')
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.Length == text.Length ? text : quoted.ToString();
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, char c, out int used)
    {
        used = 1;
        switch (pattern[0])
        {
            case '?':
                return true;
            case '\\' when pattern.Length > 1:
                used = 2;
                return pattern[1] == c;
            case '[':
                int end = SetEnd(pattern);
                if (end > 0)
                {
                    used = end + 1;
                    return InSet(pattern[1..end], c);
                }

                return c == '[';
            default:
                return pattern[0] == c;
        }
    }

    /// <summary>The index of the bracket that closes a set, or -1 when the opening one is a plain character.</summary>
    private static int SetEnd(ReadOnlySpan<char> pattern)
    {
        int i = 1;
        i += i < pattern.Length && pattern[i] is '!' or '^' ? 1 : 0;
        i += i < pattern.Length && pattern[i] == ']' ? 1 : 0;
        while (i < pattern.Length && pattern[i] != ']')
        {
            if (pattern[i] == '\\')
            {
                i++;
            }
            else if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
            {
                int close = pattern[i..].IndexOf(":]");
                i += close > 0 ? close + 1 : 0;
            }

            i++;
        }

        return i < pattern.Length ? i : -1;
    }

    private static bool InSet(ReadOnlySpan<char> set, char c)
    {
        bool negated = set.Length > 0 && set[0] is '!' or '^';
        bool found = false;
        for (int i = negated ? 1 : 0; i < set.Length; i++)
        {
            if (set[i] == '[' && i + 1 < set.Length && set[i + 1] == ':' && set[i..].IndexOf(":]") is > 1 and int close)
            {
                found |= InClass(set.Slice(i + 2, close - 2), c);
                i += close + 1;
                continue;
            }

            i += set[i] == '\\' && i + 1 < set.Length ? 1 : 0;
            char low = set[i];
            char high = low;
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                i += set[i + 2] == '\\' && i + 3 < set.Length ? 3 : 2;
                high = set[i];
            }

            found |= low <= c && c <= high;
        }

        return found != negated;
    }

    private static bool InClass(ReadOnlySpan<char> name, char c) => name switch
    {
        "alpha" => char.IsAsciiLetter(c),
        "digit" => char.IsAsciiDigit(c),
        "alnum" => char.IsAsciiLetterOrDigit(c),
        "upper" => char.IsAsciiLetterUpper(c),
        "lower" => char.IsAsciiLetterLower(c),
        "space" => c is ' ' or (>= '\t' and <= '\r'),
        "blank" => c is ' ' or '\t',
        "punct" => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
        "xdigit" => char.IsAsciiHexDigit(c),
        _ => false,
    };
}
