using System;
using System.Buffers;
using System.Text.Json;

namespace Kerr.Runtime.Trace;

/// <summary>Writes a record as a line of the store: its number, the digest of the line before, who it is about, its evidence, and the record itself.</summary>
public static class StoredRecord
{
    private const int MostGarbage = 2048;

    /// <summary>No record is longer, with what the starter adds: who sends more wants to fill the disk.</summary>
    private const int MostRecord = 16 << 10;

    /// <param name="number">From 1.</param>
    /// <param name="previous">SHA-256 of the line before, without its newline, in hexadecimal.</param>
    /// <returns>The line without a newline, ASCII.</returns>
    public static byte[] Line(long number, string previous, string line, Evidence evidence)
    {
        Judgement judged = Judgement.Of(line.Length > MostRecord ? "" : line, evidence, out JsonDocument? record);
        using (record)
        {
            var buffer = new ArrayBufferWriter<byte>(line.Length + 1024);
            try
            {
                Write(buffer, number, previous, line, evidence, judged, record?.RootElement);
            }
            catch (InvalidOperationException)
            {
                // Text that is no text, such as half a surrogate pair.
                buffer.ResetWrittenCount();
                Write(buffer, number, previous, line, evidence, judged, null);
            }

            return buffer.WrittenSpan.ToArray();
        }
    }

    private static void Write(ArrayBufferWriter<byte> buffer, long number, string previous, string line, Evidence evidence, Judgement judged, JsonElement? record)
    {
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("n", number);
        json.WriteString("prev", previous);
        json.WriteString("at", evidence.Time);
        json.WriteString("verdict", NameOf(judged.Verdict));
        Text(json, "why", judged.Why);
        Text(json, "event", judged.Event);
        Text(json, "launch", judged.Launch);
        Number(json, "uid", judged.Uid);
        Number(json, "pid", judged.Pid);
        Number(json, "started", judged.StartedAt);
        Number(json, "loginuid", judged.LoginUid);
        Text(json, "boot", judged.Boot);
        Text(json, "job", judged.Job);
        Text(json, "claimedJob", judged.ClaimedJob);
        json.WriteStartObject("source");
        json.WriteString("kind", evidence.Source);
        Number(json, "uid", evidence.Uid);
        Number(json, "pid", evidence.Pid);
        Number(json, "started", evidence.StartedAt);
        Number(json, "loginuid", evidence.LoginUid);
        Number(json, "session", evidence.Session);
        Text(json, "cgroup", evidence.ControlGroups);
        Text(json, "host", evidence.Host);
        Text(json, "program", evidence.Program);
        json.WriteEndObject();
        if (record is { } element)
        {
            json.WritePropertyName("record");
            element.WriteTo(json);
        }
        else
        {
            json.WriteString("text", line.Length > MostGarbage ? line[..MostGarbage] : line);
        }

        json.WriteEndObject();
    }

    public static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Proven => "proven",
        Verdict.Reported => "reported",
        Verdict.Unproven => "unproven",
        _ => "forged",
    };

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
