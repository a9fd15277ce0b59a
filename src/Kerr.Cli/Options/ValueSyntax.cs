using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Kerr.Cli.Options;

/// <summary>How the text of a value is read: switches, numbers, comma lists, pairs.</summary>
/// <remarks>The forms are those of the peers' flag library, so that quoting in job scripts keeps its meaning.</remarks>
internal static class ValueSyntax
{
    internal static bool TryFlag(string text, out bool value)
    {
        switch (text)
        {
            case "1" or "t" or "T" or "true" or "TRUE" or "True" or "yes" or "YES" or "Yes" or "on" or "ON" or "On":
                value = true;
                return true;
            case "0" or "f" or "F" or "false" or "FALSE" or "False" or "no" or "NO" or "No" or "off" or "OFF" or "Off":
                value = false;
                return true;
            default:
                value = false;
                return false;
        }
    }

    /// <summary>Decimal or, after <c>0x</c>, hexadecimal; with a sign.</summary>
    internal static bool TryNumber(string text, out int value)
    {
        ReadOnlySpan<char> digits = text;
        bool negative = digits.StartsWith("-", StringComparison.Ordinal);
        digits = negative || digits.StartsWith("+", StringComparison.Ordinal) ? digits[1..] : digits;
        bool hexadecimal = digits.StartsWith("0x", StringComparison.Ordinal) || digits.StartsWith("0X", StringComparison.Ordinal);

        bool valid = hexadecimal
            ? long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long magnitude)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);

        long signed = negative ? -magnitude : magnitude;
        value = (int)signed;
        return valid && value == signed;
    }

    /// <summary>The fields of one CSV record; null when its quotes do not match.</summary>
    /// <remarks>
    /// <c>a,b</c> are two; <c>"a,b",c</c> are <c>a,b</c> and <c>c</c>; <c>""</c> inside quotes is one quote. Text with
    /// nothing in it has no field.
    /// </remarks>
    internal static List<string>? Fields(string text)
    {
        List<string> fields = [];

        if (text.Length == 0)
        {
            return fields;
        }

        if (!text.Contains('"', StringComparison.Ordinal))
        {
            fields.AddRange(text.Split(','));
            return fields;
        }

        StringBuilder field = new();
        int at = 0;

        while (true)
        {
            field.Clear();

            if (at < text.Length && text[at] == '"')
            {
                if (!Quoted(text, ref at, field))
                {
                    return null;
                }
            }
            else
            {
                for (; at < text.Length && text[at] != ','; at++)
                {
                    if (text[at] == '"')
                    {
                        return null;
                    }

                    field.Append(text[at]);
                }
            }

            fields.Add(field.ToString());

            if (at == text.Length)
            {
                return fields;
            }

            at++;
        }
    }

    /// <summary>The pairs of a map value; null when one has no equals sign or the quotes do not match.</summary>
    /// <remarks>A text with one equals sign is one pair, so that <c>PATHS=/a,/b</c> keeps its comma.</remarks>
    internal static List<KeyValuePair<string, string>>? Pairs(string text)
    {
        int first = text.IndexOf('=', StringComparison.Ordinal);

        if (first < 0)
        {
            return null;
        }

        List<string>? fields = text.IndexOf('=', first + 1) < 0 ? [text.Trim('"')] : Fields(text);

        if (fields is null)
        {
            return null;
        }

        List<KeyValuePair<string, string>> pairs = [];

        foreach (string field in fields)
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);

            if (equals < 0)
            {
                return null;
            }

            pairs.Add(new(field[..equals], field[(equals + 1)..]));
        }

        return pairs;
    }

    // Leaves `at` on the comma after the closing quote, or at the end.
    private static bool Quoted(string text, ref int at, StringBuilder field)
    {
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at++;
                return at == text.Length || text[at] == ',';
            }
        }

        return false;
    }
}
