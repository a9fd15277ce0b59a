using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Runtime.Audit;

namespace Kerr.Runtime.Trace;

/// <summary>An entry of the journal as <c>journalctl -o json</c> prints it. Fields with a leading underscore are journald's own: no client can set them.</summary>
public readonly record struct JournalEntry(string Message, Evidence Evidence, string? Cursor)
{
    /// <summary>The arguments for journalctl that give the records behind a cursor.</summary>
    public static List<string> Command(string? cursor, bool follow)
    {
        List<string> arguments = ["--output=json", "--all", "--no-pager", "--quiet", $"--identifier={RecordSink.Identifier}"];
        if (cursor is not null)
        {
            arguments.Add($"--after-cursor={cursor}");
        }

        if (follow)
        {
            arguments.AddRange(["--follow", "--no-tail"]);  // else only the last ten of those that came meanwhile
        }

        return arguments;
    }

    /// <summary>Null for a line that is no entry, or none with a record.</summary>
    public static JournalEntry? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Encoding.Latin1.GetBytes(line));
            JsonElement entry = document.RootElement;
            if (entry.ValueKind != JsonValueKind.Object || Field(entry, "SYSLOG_IDENTIFIER") != RecordSink.Identifier || Field(entry, "MESSAGE") is not { } message)
            {
                return null;
            }

            string time = long.TryParse(Field(entry, "__REALTIME_TIMESTAMP"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) ? Moment.OfMicroseconds(microseconds) : Moment.Now;
            var evidence = new Evidence(
                "journal", time, (uint?)Number(entry, "_UID"), (int?)Number(entry, "_PID"), null, (uint?)Number(entry, "_AUDIT_LOGINUID"), (uint?)Number(entry, "_AUDIT_SESSION"),
                Field(entry, "_SYSTEMD_CGROUP"), Guid.TryParse(Field(entry, "_BOOT_ID"), out Guid boot) ? boot.ToString() : null, Field(entry, "_HOSTNAME"), Field(entry, "_EXE"));
            return new JournalEntry(message, evidence, Field(entry, "__CURSOR"));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long? Number(JsonElement entry, string name)
        => uint.TryParse(Field(entry, name), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    /// <summary>A field's text. What journald holds for no text it prints as a list of bytes; of several fields of one name it prints a list: such have none.</summary>
    private static string? Field(JsonElement entry, string name)
    {
        if (!entry.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString() is { } text ? ByteText.FromUnicode(text) : null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return value.ValueKind == JsonValueKind.Null ? "" : null;
        }

        var bytes = new StringBuilder();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out byte one))
            {
                return "";
            }

            bytes.Append((char)one);
        }

        return bytes.ToString();
    }
}
