namespace Kerr.Starter;

/// <summary>
/// What the host's /proc hides: a new one shows no more. For a user namespace the kernel sees to that (mount_too_revealing, which this follows); who mounts with
/// the host's rights has to look for himself.
/// </summary>
internal static unsafe class HostProcesses
{
    private const int Size = 4 << 20;   // some 30,000 mounts; where there are more, no new /proc is made
    private static bool s_readOnly;
    private static byte* s_hiding;      // the value of hidepid=
    private static Lines s_lines;

    /// <summary>Whether /proc is a whole proc file system, and nothing in it is covered.</summary>
    internal static bool Whole { get; private set; }

    /// <summary>Looks at the namespace's mounts. Only while nothing of the user's is among them.</summary>
    internal static int Look()
    {
        fixed (Lines* lines = &s_lines)
        {
            byte* start = (byte*)lines;
            int file = Sys.OpenAt(K.AtCwd, "self/mountinfo"u8, O.ReadOnly); // our working directory is /proc
            nint got = file;
            byte* end = start;
            while (got >= 0 && (got = Sys.Call(Nr.Read, file, (nint)end, (nint)(start + Size - end))) > 0)
            {
                end += got;
            }

            Sys.Close(file);
            bool found = false;
            s_hiding = null;
            Whole = end < start + Size;
            for (Slice rest = new(start, end); !rest.IsEmpty;)
            {
                found |= Judge(rest.Cut('\n'));
            }

            Whole &= found && got == 0;
            return got < 0 ? (int)got : 0;
        }
    }

    /// <summary>Hides in a new /proc what the host's hides by its options, and answers the attributes of the mount that belong to it.</summary>
    internal static ulong Hide(ref NewMount made)
    {
        if (s_hiding != null)
        {
            made.Set("hidepid"u8, s_hiding);
        }

        return s_readOnly ? Mounts.ReadOnly : 0;
    }

    /// <summary>
    /// A line of proc(5) mountinfo: `ID PARENT DEVICE ROOT PLACE OPTIONS … - TYPE SOURCE OPTIONS`. Whether it is /proc. Where one is mounted over
    /// another, what holds for either holds.
    /// </summary>
    private static bool Judge(Slice line)
    {
        Slice place = line.Field(4, ' ');
        if (place.Starts("/proc/"u8) && !IsForMounts(place))
        {
            Whole = false;
            *place.End = 0;
            Say.Verbose("The host covers a part of its /proc: "u8, place.At);
        }

        if (!place.Is("/proc"u8))
        {
            return false;
        }

        s_readOnly |= line.Field(5, ' ').Field(0, ',').Is("ro"u8);
        Slice rest = line;
        while (!rest.IsEmpty && !rest.Cut(' ').Is("-"u8))
        {
        }

        Whole &= line.Field(3, ' ').Is("/"u8) && rest.Field(0, ' ').Is("proc"u8);
        for (Slice options = rest.Field(2, ' '); !options.IsEmpty;)
        {
            Slice option = options.Cut(',');
            Whole &= !option.Starts("subset="u8);
            s_hiding = option.Starts("hidepid="u8) ? option.At + 8 : s_hiding;
            *option.End = 0;
        }

        return true;
    }

    /// <summary>The directories that the kernel makes in /proc to be mounted on: they are empty for ever, so a mount there hides nothing.</summary>
    private static bool IsForMounts(Slice place) =>
        place.Is("/proc/sys/fs/binfmt_misc"u8) || place.Is("/proc/fs/nfsd"u8) || place.Is("/proc/xen"u8) || place.Is("/proc/openprom"u8);

    private struct Lines
    {
        internal fixed byte Bytes[Size + 1];
    }
}
