using System;

namespace Kerr.Linux;

/// <summary>White space and letters of strings that stand for bytes: ASCII only.</summary>
/// <remarks>
/// <see cref="string.Trim()"/> must not touch such strings: it takes U+0085 and U+00A0 for white space, and these are
/// the last bytes of UTF-8 letters (the "à" of a directory name ends in A0).
/// </remarks>
public static class AsciiText
{
    public static bool IsWhiteSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    public static bool IsDigit(char c) => c is >= '0' and <= '9';

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        int start = 0;
        int end = text.Length;

        while (start < end && IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>The same string without white space at its ends; not copied when there is none.</summary>
    public static string Trim(string text)
    {
        ReadOnlySpan<char> trimmed = Trim(text.AsSpan());
        return trimmed.Length == text.Length ? text : trimmed.ToString();
    }
}
