using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The site's record of launches and denials, sent as root before anything of the user's can stand in its way.</summary>
internal static unsafe class AuditRecord
{
    private static FileStatus s_image;
    private static bool s_known;
    private static byte* s_reported;

    /// <summary>What the planner says of the launch: an object in the sealed plan. What is none is left out.</summary>
    internal static void Report(int plan, ulong offset, ulong length)
    {
        byte* text = Arena.Take(RecordFormat.MostBytes + 1);
        bool whole = length <= RecordFormat.MostBytes && Sys.Call(Nr.Pread64, plan, (nint)text, (nint)length, (nint)offset) == (nint)length;
        text[whole ? (nint)length : 0] = 0;
        s_reported = whole && ProvenRecord.IsObject(text) ? text : null;
    }

    /// <summary>The image that was found to be allowed.</summary>
    internal static void Image(FileStatus* image)
    {
        s_image = *image;
        s_known = true;
    }

    /// <summary>A launch that was checked and is about to start; ends it when it cannot be recorded and `audit required = yes`.</summary>
    internal static void Start()
    {
        bool required = Configuration.Has(Switch.AuditRequired);
        int error = Send("start"u8, default, required);
        if (error < 0 && required)
        {
            Say.Fatal("this launch cannot be recorded, and the administrator requires that (`audit required = yes`)"u8, error, "ask the administrator; --userns starts it without the setuid mode"u8);
        }
    }

    /// <summary>A launch that is refused.</summary>
    internal static void Deny(ReadOnlySpan<byte> why) => Send("denial"u8, why, Configuration.Has(Switch.AuditRequired));

    private static int Send(ReadOnlySpan<byte> happened, ReadOnlySpan<byte> why, bool required)
    {
        if (!Configuration.Has(Switch.AuditLaunches | Switch.AuditRequired))
        {
            return 0;
        }

        int error = Privileges.Raise("record the launch"u8);
        ref Configuration read = ref Configuration.Read;
        fixed (byte* sink = read.Sink)
        fixed (FileStatus* image = &s_image)
        {
            byte* where = read.SinkLength == 0 ? (byte*)"auto"u8.Start : sink;
            error = error < 0 ? error
                : ProvenRecord.Send(where, happened, "setuid"u8, Privileges.Uid, Privileges.Gid, s_known ? image : null, s_reported, required, why);
        }

        int lowered = Privileges.Lower();
        return lowered < 0 ? lowered : error;
    }
}
