using System;
using System.Globalization;

namespace Kerr.Runtime.Trace;

/// <summary>Times as the store writes them: UTC to the microsecond, of one length, so that they sort as text.</summary>
public static class Moment
{
    private const string Format = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static string Now => Text(DateTime.UtcNow);

    public static string OfMicroseconds(long sinceEpoch)
        => sinceEpoch is >= 0 and < 253_402_300_800_000_000 ? Text(DateTime.UnixEpoch.AddTicks(sinceEpoch * 10)) : Now;

    public static string Text(DateTime time) => time.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>A time as people type it: a date, a date and a time (UTC without an offset), or <c>90m</c>, <c>12h</c>, <c>3d</c> ago; null for anything else.</summary>
    public static string? Parse(string text, DateTime now)
    {
        if (text.Length > 1 && text[^1] is 'm' or 'h' or 'd' && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            return Text(now - (text[^1] == 'm' ? TimeSpan.FromMinutes(count) : text[^1] == 'h' ? TimeSpan.FromHours(count) : TimeSpan.FromDays(Math.Min(count, 36500))));
        }

        return DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time) ? Text(time) : null;
    }
}
