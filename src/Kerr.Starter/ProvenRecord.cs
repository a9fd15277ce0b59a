using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The record that a starter which is root sends, of a launch or of its refusal: what it knows itself, then the planner's text, which is the user's
/// word. The sink sees root's credentials with it, which no user can send: that is its proof.
/// </summary>
/// <remarks>Before privileges are dropped, so that they are root's; after that a process of the launch can only report.</remarks>
internal static unsafe class ProvenRecord
{
    private const int Capacity = 16 << 10;
    private const int MostControlGroups = 4096;
    private const int Unix = 1, DatagramNonBlocking = 2 | O.NonBlock, ScmCredentials = 2, NoSignal = 0x4000;
    private const long Patience = 20_000_000, MostPatience = 50_000_000; // nanoseconds that a full sink may cost; the second where the record is required
    private static byte* s_at;
    private static byte* s_end;

    /// <summary>Sends a record, and answers 0, or the error when no sink took it.</summary>
    /// <param name="sink">`auto`, `journald`, `syslog` or the path of a datagram socket: `audit sink` of the configuration.</param>
    /// <param name="happened">`start` or `denial`.</param>
    /// <param name="mode">How the launch is made, a word.</param>
    /// <param name="uid">The real user.</param>
    /// <param name="gid">The real group.</param>
    /// <param name="image">The file that the caller's descriptor was found to be; null before it is known.</param>
    /// <param name="reason">The directive that refused it, in words of our own; null for a start.</param>
    /// <param name="reported">The planner's object, checked by <see cref="IsObject"/>; null without one.</param>
    /// <param name="required">Whether it is worth waiting up to 50 ms, not 20.</param>
    internal static int Send(byte* sink, ReadOnlySpan<byte> happened, ReadOnlySpan<byte> mode, uint uid, uint gid, FileStatus* image, byte* reported, bool required, ReadOnlySpan<byte> reason = default)
    {
        byte* all = Arena.Take(Capacity);
        s_at = all + 128; // the head depends on the sink
        s_end = all + Capacity - 8;
        byte* start = s_at;
        Add("{\"kerr\":1,\"trust\":\"starter\",\"event\":\""u8);
        Add(happened);
        Add("\",\"mode\":\""u8);
        Add(mode);
        Add("\",\"uid\":"u8);
        Number(uid);
        Add(",\"gid\":"u8);
        Number(gid);
        Add(",\"pid\":"u8);
        Number((ulong)Sys.Call(Nr.Getpid));
        Add(",\"started\":"u8);
        Number(StartTime());
        Add(",\"loginuid\":"u8);
        Number(FileNumber("/proc/self/loginuid"u8));
        Add(",\"session\":"u8);
        Number(FileNumber("/proc/self/sessionid"u8));
        Add(",\"cgroup\":\""u8);
        ControlGroups();
        Add("\""u8);
        if (image != null)
        {
            ulong* identity = stackalloc ulong[6];
            image->Identify(identity);
            Add(",\"device\":\""u8);
            Number((uint)identity[0]); // struct statx: major, then minor
            Add(":"u8);
            Number(identity[0] >> 32);
            Add("\",\"inode\":"u8);
            Number(identity[1]);
            Add(",\"owner\":"u8);
            Number(image->Uid);
        }

        if (reason.Length > 0)
        {
            Add(",\"reason\":\""u8);
            Add(reason);
            Add("\""u8);
        }

        if (reported != null)
        {
            Add(",\"reported\":"u8);
            Add(reported, Text.Length(reported));
        }

        Add("}\n"u8);
        bool automatic = Text.Same(sink, "auto"u8);
        int error = automatic || Text.Same(sink, "journald"u8)
            ? Send("/run/systemd/journal/socket"u8.Start, start, "SYSLOG_IDENTIFIER=kerr-audit\nSYSLOG_FACILITY=10\nPRIORITY=6\nMESSAGE="u8, uid, required) : -E.NOENT;
        if (error < 0 && (automatic || Text.Same(sink, "syslog"u8)))
        {
            error = Send("/dev/log"u8.Start, start, "<86>kerr-audit: "u8, uid, required);
        }

        return *sink == '/' ? Send(sink, start, "<86>kerr-audit: "u8, uid, required) : error;
    }

    /// <summary>
    /// Whether text is one JSON object of printable ASCII as far as its braces and strings tell, so that nothing in it can pass for something
    /// outside of it.
    /// </summary>
    internal static bool IsObject(byte* text)
    {
        int depth = 0, length = 0;
        bool quoted = false;
        for (; *text != 0; text++, length++)
        {
            byte here = *text;
            if (here is < 32 or > 126 || length >= RecordFormat.MostBytes || (depth == 0 && (length > 0 || here != '{')))
            {
                return false;
            }

            if (here == '\\' && quoted)
            {
                text++;
                length++;
                if (*text is < 32 or > 126)
                {
                    return false;
                }
            }
            else if (here == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted)
            {
                depth += here is (byte)'{' or (byte)'[' ? 1 : here is (byte)'}' or (byte)']' ? -1 : 0;
            }
        }

        return depth == 0 && length > 0 && !quoted;
    }

    private static int Send(void* path, byte* start, ReadOnlySpan<byte> head, uint uid, bool required)
    {
        byte* address = stackalloc byte[110]; // struct sockaddr_un
        *(ushort*)address = Unix;
        int length = Text.Length((byte*)path);
        if (length > 107)
        {
            return -E.NAMETOOLONG;
        }

        *Text.Copy(address + 2, (byte*)path) = 0;
        int socket = (int)Sys.Call(Nr.Socket, Unix, DatagramNonBlocking | O.CloseOnExec, 0);
        int error = socket < 0 ? socket : (int)Sys.Call(Nr.Connect, socket, (nint)address, length + 3);
        if (error == 0)
        {
            byte* record = start - head.Length;
            Text.Copy(record, head.Start, head.Length);
            long* poll = stackalloc long[3];
            poll[0] = (uint)socket | (4L << 32); // struct pollfd: fd@0, events@4 (POLLOUT), revents@6; then a timespec, in which the kernel leaves what is left
            poll[1] = 0;
            poll[2] = required ? MostPatience : Patience;
            while ((error = SendAsRoot(socket, record, (nint)(s_at - record))) == -E.AGAIN && poll[2] > 0)
            {
                Sys.Call(Nr.Ppoll, (nint)poll, 1, (nint)(poll + 1));
            }
        }

        Sys.Close(socket);
        return error;
    }

    /// <summary>
    /// Sends with credentials that name root: without them the kernel would put the real user's into the message, who is not the one whose word it is.
    /// </summary>
    private static int SendAsRoot(int socket, byte* record, nint length)
    {
        nint* message = stackalloc nint[7]; // struct msghdr: name@0 namelen@8 iov@16 iovlen@24 control@32 controllen@40 flags@48
        nint* buffer = stackalloc nint[2];
        nint* control = stackalloc nint[4]; // struct cmsghdr: len@0 level@8 type@12; struct ucred@16: pid uid gid
        buffer[0] = (nint)record;
        buffer[1] = length;
        control[0] = 28;
        control[1] = K.SolSocket | ((nint)ScmCredentials << 32);
        control[2] = Sys.Call(Nr.Getpid); // and uid 0
        control[3] = 0;
        message[0] = message[1] = message[6] = 0;
        message[2] = (nint)buffer;
        message[3] = 1;
        message[4] = (nint)control;
        message[5] = 32;
        nint sent = Sys.Call(Nr.Sendmsg, socket, (nint)message, NoSignal);
        return sent == length ? 0 : sent < 0 ? (int)sent : -E.IO;
    }

    /// <summary>When this process started, in clock ticks since boot: with the number it names a process for good.</summary>
    private static ulong StartTime()
    {
        byte* text = stackalloc byte[1024];
        int length = ReadFile("/proc/self/stat"u8, text, 1023);
        byte* at = text + (length < 0 ? 0 : length);
        while (at > text && *at != ')')
        {
            at--; // the name before it may hold anything
        }

        for (int field = 2; *at != 0 && field < 22; at++)
        {
            field += *at == ' ' ? 1 : 0;
        }

        long value = Text.ParseNumber(at, (byte)' ');
        return value < 0 ? 0 : (ulong)value;
    }

    private static ulong FileNumber(ReadOnlySpan<byte> path)
    {
        byte* text = stackalloc byte[24];
        long value = ReadFile(path, text, 23) < 0 ? -1 : Text.ParseNumber(text, (byte)'\n');
        return value < 0 ? 0xFFFF_FFFF : (ulong)value; // as the kernel says "none"
    }

    /// <summary>The process's control groups, one after the other; what is no plain character becomes `?`.</summary>
    private static void ControlGroups()
    {
        byte* text = stackalloc byte[MostControlGroups + 1];
        int length = ReadFile("/proc/self/cgroup"u8, text, MostControlGroups);
        for (int i = 0; i < length; i++)
        {
            byte here = text[i];
            text[i] = here == '\n' ? (byte)';' : here is < 33 or > 126 or (byte)'"' or (byte)'\\' ? (byte)'?' : here;
        }

        Add(text, length < 0 ? 0 : length);
    }

    private static int ReadFile(ReadOnlySpan<byte> path, byte* into, nint size)
    {
        int file = Sys.OpenAt(K.AtCwd, path.Start, O.ReadOnly);
        int length = file < 0 ? file : (int)Sys.Call(Nr.Read, file, (nint)into, size);
        Sys.Close(file);
        into[length < 0 ? 0 : length] = 0;
        return length;
    }

    private static void Add(ReadOnlySpan<byte> text) => Add(text.Start, text.Length);

    private static void Add(void* text, nint length)
    {
        length = length < s_end - s_at ? length : (nint)(s_end - s_at);
        s_at = Text.Copy(s_at, text, length);
    }

    private static void Number(ulong value)
    {
        byte* digits = stackalloc byte[24];
        Add(digits, (nint)(Text.Number(digits, value) - digits));
    }
}
