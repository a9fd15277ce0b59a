using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The site's record of a launch or of its refusal: what we know ourselves, then the planner's text, which is the user's word. The sink sees root's
/// credentials with it, which no user can send: that is its proof. It is sent before anything of the user's can stand in its way; after privileges are
/// dropped a process of the launch can only report.
/// </summary>
internal static unsafe class AuditRecord
{
    private const int Unix = 1, Datagram = 2, PathAt = 2;            // of struct sockaddr_un
    private const long Patience = 20_000, MostPatience = 50_000;     // microseconds that a full sink may cost; the second where the record is required

    private static TextBuffer s_record;
    private static TextBuffer s_reported;
    private static FileStatus s_image;
    private static bool s_known;

    /// <summary>What the planner says of the launch: an object in the sealed plan. What is none is left out.</summary>
    internal static void Report(int plan, ulong offset, ulong length)
    {
        byte* text = stackalloc byte[RecordFormat.MostBytes + 1];
        bool whole = length <= RecordFormat.MostBytes && Sys.Call(Nr.Pread64, plan, (nint)text, (nint)length, (nint)offset) == (nint)length;
        s_reported.Begin(whole && IsObject(text) ? ",\"reported\":"u8 : default);
        s_reported.Add(s_reported.Length > 0 ? text : null);
        s_reported.Add((byte)0);
    }

    /// <summary>An image that was found to be allowed: the first is the launch's, others are layers and data.</summary>
    internal static void Image(FileStatus* image)
    {
        s_image = s_known ? s_image : *image;
        s_known = true;
    }

    /// <summary>A launch that was checked and is about to start; ends it when it cannot be recorded and `audit required = yes`.</summary>
    internal static void Start()
    {
        int error = Record("start"u8, default);
        if (error < 0 && Configuration.Has(Switch.AuditRequired))
        {
            Say.Fatal("this launch cannot be recorded, and the administrator requires that (`audit required = yes`)"u8, error, "ask the administrator; --userns starts it without the setuid mode"u8);
        }
    }

    /// <summary>A launch that is refused.</summary>
    internal static void Deny(ReadOnlySpan<byte> why) => Record("denial"u8, why);

    private static int Record(ReadOnlySpan<byte> happened, ReadOnlySpan<byte> why)
    {
        if (!Configuration.Has(Switch.AuditLaunches | Switch.AuditRequired))
        {
            return 0;
        }

        int error = Privileges.Raise("record the launch"u8);
        error = error < 0 ? error : Deliver(happened, why);
        int lowered = Privileges.Lower();
        return lowered < 0 ? lowered : error;
    }

    private static int Deliver(ReadOnlySpan<byte> happened, ReadOnlySpan<byte> why)
    {
        ReadOnlySpan<byte> syslog = "<86>kerr-audit: "u8;
        fixed (byte* path = Configuration.Read.Sink)
        {
            Slice sink = Slice.Of(path);
            bool automatic = sink.IsEmpty || sink.Is("auto"u8);
            int error = sink.Starts("/"u8) ? Send(path, syslog, happened, why) : -E.NOENT;
            if (automatic || sink.Is("journald"u8))
            {
                error = Send((byte*)"/run/systemd/journal/socket"u8.Start, "SYSLOG_IDENTIFIER=kerr-audit\nSYSLOG_FACILITY=10\nPRIORITY=6\nMESSAGE="u8, happened, why);
            }

            return error < 0 && (automatic || sink.Is("syslog"u8)) ? Send((byte*)"/dev/log"u8.Start, syslog, happened, why) : error;
        }
    }

    private static int Send(byte* path, ReadOnlySpan<byte> head, ReadOnlySpan<byte> happened, ReadOnlySpan<byte> why)
    {
        byte* address = stackalloc byte[PathAt + Configuration.SinkSize];
        *(ushort*)address = Unix;
        Text.Copy(address + PathAt, path, Text.Length(path));
        int socket = (int)Sys.Call(Nr.Socket, Unix, Datagram | O.CloseOnExec, 0);
        int error = socket < 0 ? socket : (int)Sys.Call(Nr.Connect, socket, (nint)address, PathAt + Text.Length(path) + 1);
        long* patience = stackalloc long[] { 0, Configuration.Has(Switch.AuditRequired) ? MostPatience : Patience }; // struct timeval
        error = error < 0 ? error : (int)Sys.Call(Nr.Setsockopt, socket, K.SolSocket, K.SendTimeout, (nint)patience, 16);

        // Credentials that name root: without them the kernel would put the real user's into the message, who is not the one whose word it is.
        int* credentials = stackalloc int[] { (int)Sys.Call(Nr.Getpid), 0, 0 }; // struct ucred: pid, uid, gid
        Compose(head, happened, why);
        int sent = -E.INTR;
        while (error == 0 && sent == -E.INTR)
        {
            sent = Sockets.Send(socket, s_record.Start(), s_record.Length, credentials, 3, Sockets.Credentials);
        }

        Sys.Close(socket);
        return error < 0 ? error : sent < 0 ? sent : sent == s_record.Length ? 0 : -E.IO;
    }

    private static void Compose(ReadOnlySpan<byte> head, ReadOnlySpan<byte> happened, ReadOnlySpan<byte> why)
    {
        s_record.Begin(head);
        s_record.Add("{\"kerr\":1,\"trust\":\"starter\",\"event\":\""u8);
        s_record.Add(happened);
        s_record.Add("\",\"mode\":\"setuid\""u8);
        Number(",\"uid\":"u8, Privileges.Uid);
        Number(",\"gid\":"u8, Privileges.Gid);
        Number(",\"pid\":"u8, FileNumber("/proc/self/stat"u8, ' ')); // as the host counts: in a PID namespace we are process 1 to ourselves
        Number(",\"started\":"u8, StartTime());
        Number(",\"loginuid\":"u8, FileNumber("/proc/self/loginuid"u8));
        Number(",\"session\":"u8, FileNumber("/proc/self/sessionid"u8));
        s_record.Add(",\"cgroup\":\""u8);
        ControlGroups();
        s_record.Add("\""u8);
        if (s_known)
        {
            Number(",\"device\":\""u8, (uint)s_image.Device); // struct statx: major, then minor
            Number(":"u8, s_image.Device >> 32);
            Number("\",\"inode\":"u8, s_image.Inode);
            Number(",\"owner\":"u8, s_image.Uid);
        }

        if (why.Length > 0)
        {
            s_record.Add(",\"reason\":\""u8);
            s_record.Add(why);
            s_record.Add("\""u8);
        }

        s_record.Add(s_reported.Start());
        s_record.Add("}\n"u8);
    }

    /// <summary>
    /// Whether text is one JSON object of printable ASCII as far as its braces and strings tell, so that nothing in it can pass for something
    /// outside of it.
    /// </summary>
    private static bool IsObject(byte* text)
    {
        int depth = 0;
        bool quoted = false;
        for (byte* at = text; *at != 0; at++)
        {
            if (*at is < 32 or > 126 || (depth == 0 && (at > text || *at != '{')))
            {
                return false;
            }

            if (*at == '\\' && quoted && at[1] is >= 32 and <= 126)
            {
                at++;
            }
            else if (*at == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted)
            {
                depth += *at is (byte)'{' or (byte)'[' ? 1 : *at is (byte)'}' or (byte)']' ? -1 : 0;
            }
        }

        return depth == 0 && *text != 0 && !quoted;
    }

    /// <summary>When this process started, in clock ticks since boot: with the number it names a process for good.</summary>
    private static ulong StartTime()
    {
        byte* text = stackalloc byte[1024];
        Slice rest = ReadFile("/proc/self/stat"u8, text, 1024);
        byte* name = rest.End;
        while (name > rest.At && *name != ')')
        {
            name--; // the name before it may hold anything
        }

        long value = new Slice(name, rest.End).Field(20, ' ').Number();
        return value < 0 ? 0 : (ulong)value;
    }

    private static ulong FileNumber(ReadOnlySpan<byte> path, char end = '\n')
    {
        byte* text = stackalloc byte[24];
        long value = ReadFile(path, text, 24).Field(0, end).Number();
        return value < 0 ? 0xFFFF_FFFF : (ulong)value; // as the kernel says "none"
    }

    /// <summary>The process's control groups, one after the other; what is no plain character becomes `?`.</summary>
    private static void ControlGroups()
    {
        byte* text = stackalloc byte[4096];
        for (Slice rest = ReadFile("/proc/self/cgroup"u8, text, 4096); !rest.IsEmpty; rest.At++)
        {
            byte here = *rest.At;
            s_record.Add(here == '\n' ? (byte)';' : here is < 33 or > 126 or (byte)'"' or (byte)'\\' ? (byte)'?' : here);
        }
    }

    private static Slice ReadFile(ReadOnlySpan<byte> path, byte* into, nint size)
    {
        int file = Sys.OpenAt(K.AtCwd, path, O.ReadOnly);
        nint length = file < 0 ? 0 : Sys.Call(Nr.Read, file, (nint)into, size);
        Sys.Close(file);
        return new Slice(into, into + (length < 0 ? 0 : length));
    }

    private static void Number(ReadOnlySpan<byte> name, ulong value)
    {
        s_record.Add(name);
        s_record.Add(value);
    }
}
