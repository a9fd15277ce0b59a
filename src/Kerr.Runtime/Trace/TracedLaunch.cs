using System;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kerr.Runtime.Trace;

/// <summary>A launch as the store has it: a line of a start, a refusal or an end, and the end that belongs to a start.</summary>
/// <remarks>Who and when are the collector's, the image is the record's. All text is printable ASCII: hostile names were escaped where they were recorded, or are here.</remarks>
public sealed class TracedLaunch
{
    private TracedLaunch(string line, JsonElement top)
    {
        Line = line;
        Time = Judgement.Text(top, "at") ?? "";
        Verdict = Judgement.Text(top, "verdict") ?? "";
        Why = Visible(Judgement.Text(top, "why"));
        Event = Judgement.Text(top, "event") ?? "?";
        Launch = Judgement.Text(top, "launch");
        Uid = (uint?)Judgement.Number(top, "uid");
        Pid = (int?)Judgement.Number(top, "pid");
        StartedAt = (ulong?)Judgement.Number(top, "started");
        Boot = Judgement.Text(top, "boot");
        Job = Visible(Judgement.Text(top, "job"));
        ClaimedJob = Visible(Judgement.Text(top, "claimedJob"));
        if (top.TryGetProperty("record", out JsonElement record) && record.ValueKind == JsonValueKind.Object)
        {
            JsonElement said = record.TryGetProperty("reported", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object ? inner : record;
            SaidPid = (int?)Judgement.Number(said, "pid");
            if (said.TryGetProperty("image", out JsonElement image))
            {
                Image = Visible(Judgement.Text(image, "path"));
                Digest = Judgement.Text(image, "digest");
                ImageId = Judgement.Text(image, "id");
            }

            Refusal = Visible(Judgement.Text(record, "reason") ?? Judgement.Text(record, "directive"));
            End = EndOf(record);
        }
    }

    /// <summary>The stored line.</summary>
    public string Line { get; }

    public string Time { get; }

    public string Verdict { get; }

    public string? Why { get; }

    public string Event { get; }

    public string? Launch { get; }

    public uint? Uid { get; }

    public int? Pid { get; }

    /// <summary>The caller's process, as the launch itself says: where it has a PID namespace in the setuid mode the starter's word is about process 1 of that.</summary>
    public int? SaidPid { get; }

    public ulong? StartedAt { get; }

    public string? Boot { get; }

    public string? Job { get; }

    public string? ClaimedJob { get; }

    public string? Image { get; }

    public string? Digest { get; }

    public string? ImageId { get; }

    /// <summary>The directive that refused it.</summary>
    public string? Refusal { get; }

    /// <summary>How it ended, in words, for a line of an end.</summary>
    public string? End { get; }

    /// <summary>The end of this launch, where a process of ours saw it.</summary>
    public TracedLaunch? Ended { get; set; }

    /// <summary>Reads a stored line; null for one that is none.</summary>
    public static TracedLaunch? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            byte[] copy = line.ToArray();
            using JsonDocument document = JsonDocument.Parse(copy);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new TracedLaunch(Encoding.Latin1.GetString(copy), document.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>From the numbers of an end: wait status, user and system time in seconds and microseconds, peak of memory in KiB.</summary>
    private static string? EndOf(JsonElement record)
    {
        const long NotStarted = uint.MaxValue;
        if (!record.TryGetProperty("end", out JsonElement end) || end.ValueKind != JsonValueKind.Array || end.GetArrayLength() != 6)
        {
            return null;
        }

        Span<long> numbers = stackalloc long[6];
        int at = 0;
        foreach (JsonElement item in end.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out numbers[at++]))
            {
                return null;
            }
        }

        if (numbers[0] == NotStarted)
        {
            return "not started";
        }

        long signal = numbers[0] & 0x7F;
        string how = signal == 0 ? string.Create(CultureInfo.InvariantCulture, $"exit {(numbers[0] >> 8) & 0xFF}") : string.Create(CultureInfo.InvariantCulture, $"signal {signal}");
        double seconds = numbers[1] + numbers[3] + ((numbers[2] + numbers[4]) / 1e6);
        return string.Create(CultureInfo.InvariantCulture, $"{how}, {seconds:0.00} s, {numbers[5] / 1024.0:0.0} MiB");
    }

    private static string? Visible(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var visible = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c is >= ' ' and <= '~' ? visible.Append(c) : visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return visible.ToString();
    }
}
