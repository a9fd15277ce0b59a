using System;
using System.Globalization;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Audit;

namespace Kerr.Runtime.Trace;

/// <summary>A datagram, or a line of a log file, that may hold a record; and what the kernel knows of its sender.</summary>
public static class SocketEntry
{
    private const int Limit = 64 << 10;

    /// <summary>The record in a datagram of either form; null when it is addressed to another.</summary>
    public static string? RecordIn(ReadOnlySpan<byte> datagram)
    {
        string text = Encoding.Latin1.GetString(datagram).TrimEnd('\n', '\0');
        if (text.StartsWith("SYSLOG_IDENTIFIER=", StringComparison.Ordinal))
        {
            string? message = null;
            foreach (string field in text.Split('\n'))
            {
                message ??= field.StartsWith("MESSAGE=", StringComparison.Ordinal) ? field["MESSAGE=".Length..] : null;
            }

            return text.StartsWith($"SYSLOG_IDENTIFIER={RecordSink.Identifier}\n", StringComparison.Ordinal) ? message : null;
        }

        return RecordIn(text);
    }

    /// <summary>The record in a line of syslog: what follows our name, with or without a process number, and a colon.</summary>
    public static string? RecordIn(string line)
    {
        int at = line.IndexOf(RecordSink.Identifier, StringComparison.Ordinal);
        int brace = at < 0 ? -1 : line.IndexOf(": ", at, StringComparison.Ordinal);
        if (brace < 0)
        {
            return null;
        }

        ReadOnlySpan<char> between = line.AsSpan(at + RecordSink.Identifier.Length, brace - at - RecordSink.Identifier.Length);
        return between.Length == 0 || (between[0] == '[' && between[^1] == ']') ? line[(brace + 2)..] : null;
    }

    /// <summary>What the kernel says of a sender. Its process may have ended by now; then its number and user are known, and no more.</summary>
    public static Evidence Of(DatagramSender sender)
    {
        if (sender.Pid <= 0)
        {
            return new Evidence("socket", Moment.Now);
        }

        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{sender.Pid}");
        ulong? started = Text(process + "/stat") is { } stat && ProcessFacts.Parse(stat) is { } facts ? facts.StartedAt : null;
        uint? login = Id(process + "/loginuid"), session = Id(process + "/sessionid");
        string? groups = Text(process + "/cgroup")?.Replace('\n', ';');
        string? program = FileSystem.ReadLink(process + "/exe");

        // The same process still, or another that got its number since?
        bool same = started is not null && Text(process + "/stat") is { } again && ProcessFacts.Parse(again) is { } later && later.StartedAt == started;
        return same
            ? new Evidence("socket", Moment.Now, sender.Uid, sender.Pid, started, login, session, groups, Boot, null, program)
            : new Evidence("socket", Moment.Now, sender.Uid, sender.Pid, Boot: Boot);
    }

    /// <summary>The boot of this host.</summary>
    public static string? Boot { get; } = Text("/proc/sys/kernel/random/boot_id");

    /// <summary>When a process started, in clock ticks since boot; null when there is none.</summary>
    public static ulong? StartTimeOf(int pid)
        => Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")) is { } stat && ProcessFacts.Parse(stat) is { } facts ? facts.StartedAt : null;

    private static uint? Id(string path) => uint.TryParse(Text(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;

    private static string? Text(string path)
    {
        try
        {
            return SmallFile.TryRead(path, Limit) is { } bytes ? ByteText.FromNative(bytes).TrimEnd('\n') : null;
        }
        catch (Exception gone) when (gone is LinuxException or System.IO.InvalidDataException)
        {
            return null; // ESRCH: the process ended while it was read
        }
    }
}
