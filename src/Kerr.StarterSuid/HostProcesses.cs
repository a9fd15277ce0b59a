namespace Kerr.Starter;

/// <summary>
/// What the host's /proc hides: a new one shows no more. For a user namespace the kernel sees to that (mount_too_revealing, which this follows); who mounts with
/// the host's rights has to look for himself.
/// </summary>
internal static unsafe class HostProcesses
{
    private const int LineSize = 4096 + 1024, ChunkSize = 4096;
    private static bool s_readOnly;
    private static Text16 s_hiding;     // the value of hidepid=

    /// <summary>Whether /proc is a whole proc file system, and nothing in it is covered.</summary>
    internal static bool Whole { get; private set; }

    /// <summary>Looks at the namespace's mounts. Only while nothing of the user's is among them.</summary>
    internal static int Look()
    {
        byte* line = stackalloc byte[LineSize];
        byte* chunk = stackalloc byte[ChunkSize];
        int file = Sys.OpenAt(K.AtCwd, "self/mountinfo"u8, O.ReadOnly); // our working directory is /proc
        nint got = file;
        bool found = false;
        int length = 0;
        Whole = true;
        while (got >= 0 && (got = Sys.Call(Nr.Read, file, (nint)chunk, ChunkSize)) > 0)
        {
            for (nint i = 0; i < got; i++)
            {
                if (chunk[i] == '\n')
                {
                    line[length] = 0;
                    found |= Judge(line);
                    length = 0;
                }
                else if (length < LineSize - 1)
                {
                    line[length++] = chunk[i];
                }
            }
        }

        Sys.Close(file);
        Whole &= found && got == 0;
        return got < 0 ? (int)got : 0;
    }

    /// <summary>Hides in a new /proc what the host's hides by its options, and answers the attributes of the mount that belong to it.</summary>
    internal static ulong Hide(ref NewMount made)
    {
        fixed (Text16* value = &s_hiding)
        {
            if (*(byte*)value != 0)
            {
                made.Set("hidepid"u8, (byte*)value);
            }
        }

        return s_readOnly ? Mounts.ReadOnly : 0;
    }

    /// <summary>
    /// A line of proc(5) mountinfo: `ID PARENT DEVICE ROOT PLACE OPTIONS … - TYPE SOURCE OPTIONS`. Whether it is /proc. Where one is mounted over
    /// another, what holds for either holds.
    /// </summary>
    private static bool Judge(byte* line)
    {
        byte* root = Field(line, 3);
        byte* place = Field(root, 1);
        byte* options = Field(place, 1);
        if (Text.Starts(place, "/proc/"u8))
        {
            if (!IsForMounts(place))
            {
                Whole = false;
                Say.Verbose("The host covers a part of its /proc: "u8, Ended(place));
            }

            return false;
        }

        if (!Text.Starts(place, "/proc "u8))
        {
            return false;
        }

        s_readOnly |= Text.Starts(options, "ro,"u8) || Text.Starts(options, "ro "u8);
        byte* type = options;
        while (*type != 0 && !Text.Starts(type, " - "u8))
        {
            type++;
        }

        Whole &= Text.Starts(root, "/ "u8) && Text.Starts(type, " - proc "u8);
        for (byte* option = *type == 0 ? type : Field(type + 3, 2); *option != 0; option++)
        {
            bool starts = option[-1] is (byte)',' or (byte)' ';
            Whole &= !starts || !Text.Starts(option, "subset="u8);
            if (starts && Text.Starts(option, "hidepid="u8))
            {
                Keep(option + 8);
            }
        }

        return true;
    }

    /// <summary>The directories that the kernel makes in /proc to be mounted on: they are empty for ever, so a mount there hides nothing.</summary>
    private static bool IsForMounts(byte* place) =>
        Text.Starts(place, "/proc/sys/fs/binfmt_misc "u8) || Text.Starts(place, "/proc/fs/nfsd "u8) || Text.Starts(place, "/proc/xen "u8) || Text.Starts(place, "/proc/openprom "u8);

    private static void Keep(byte* value)
    {
        fixed (Text16* kept = &s_hiding)
        {
            byte* to = (byte*)kept;
            for (int i = 0; i < 15 && value[i] != 0 && value[i] != ','; i++)
            {
                *to++ = value[i];
            }

            *to = 0;
        }
    }

    /// <summary>The place so many fields further on.</summary>
    private static byte* Field(byte* at, int fields)
    {
        for (; fields > 0 && *at != 0; at++)
        {
            fields -= *at == ' ' ? 1 : 0;
        }

        return at;
    }

    private static byte* Ended(byte* field)
    {
        byte* end = Field(field, 1);
        *(end > field && end[-1] == ' ' ? end - 1 : end) = 0;
        return field;
    }

    private struct Text16
    {
        internal fixed byte Bytes[16];
    }
}
