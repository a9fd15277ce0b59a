using System;
using System.Globalization;
using System.Text;

namespace Kerr.Runtime.Launch;

/// <summary>A span of time as the peers' options take it (<c>90s</c>, <c>1h30m</c>, <c>1.5m</c>) and as their messages show it (<c>1m30s</c>).</summary>
public readonly record struct Duration(long Nanoseconds)
{
    private const long Microsecond = 1000, Millisecond = 1_000_000, Second = 1_000_000_000, Minute = 60 * Second, Hour = 60 * Minute;

    /// <summary>Numbers with units from hours to nanoseconds, in any order, with fractions; a sign; or 0 alone.</summary>
    public static bool TryParse(string text, out Duration duration)
    {
        duration = default;
        ReadOnlySpan<char> left = text;
        bool negative = left.StartsWith('-');
        left = negative || left.StartsWith('+') ? left[1..] : left;
        if (left is "0")
        {
            return true;
        }

        decimal sum = 0;
        bool any = false;
        while (left.Length > 0)
        {
            int digits = Length(left, static c => char.IsAsciiDigit(c) || c == '.');
            ReadOnlySpan<char> number = left[..digits];
            left = left[digits..];
            int letters = Length(left, static c => !char.IsAsciiDigit(c) && c != '.');
            if (number is "" or "." || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
                || Unit(left[..letters]) is not { } unit || value > long.MaxValue)
            {
                return false;
            }

            sum += decimal.Truncate(value * unit);
            if (sum > long.MaxValue)
            {
                return false;
            }

            left = left[letters..];
            any = true;
        }

        duration = new(negative ? -(long)sum : (long)sum);
        return any;
    }

    public override string ToString()
    {
        if (Nanoseconds < 0)
        {
            return "-" + new Duration(-Nanoseconds);
        }

        if (Nanoseconds < Second)
        {
            return Nanoseconds == 0 ? "0s" : Nanoseconds < Microsecond ? Decimal(Nanoseconds, 1, "ns")
                : Nanoseconds < Millisecond ? Decimal(Nanoseconds, Microsecond, "\u00B5s") : Decimal(Nanoseconds, Millisecond, "ms");
        }

        StringBuilder text = new();
        if (Nanoseconds >= Hour)
        {
            text.Append(Nanoseconds / Hour).Append('h');
        }

        if (Nanoseconds >= Minute)
        {
            text.Append(Nanoseconds / Minute % 60).Append('m');
        }

        return text.Append(Decimal(Nanoseconds % Minute, Second, "s")).ToString();
    }

    private static int Length(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        int length = 0;
        while (length < text.Length && belongs(text[length]))
        {
            length++;
        }

        return length;
    }

    // Command lines are bytes in Latin-1 strings (decision 3): the two letters mu are two characters each.
    private static long? Unit(ReadOnlySpan<char> name) => name switch
    {
        "ns" => 1,
        "us" or "\u00C2\u00B5s" or "\u00CE\u00BCs" => Microsecond,
        "ms" => Millisecond,
        "s" => Second,
        "m" => Minute,
        "h" => Hour,
        _ => null,
    };

    private static string Decimal(long value, long unit, string name)
        => ((decimal)value / unit).ToString("0.#########", CultureInfo.InvariantCulture) + name;
}
