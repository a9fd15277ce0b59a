namespace Kerr.Starter;

/// <summary>Switches of kerr.conf that the privileged half obeys.</summary>
internal static class Switch
{
    internal const uint Setuid = 1, PidNamespace = 2, IpcNamespace = 4, UtsNamespace = 8, Directory = 0x10, SquashFs = 0x20, Sif = 0x40, Ext3 = 0x80,
        UserBind = 0x100, MountSlave = 0x200, KernelSquashFs = 0x400, MountSquashFs = 0x800, MountSquashFsLimited = 0x1000, Overlay = 0x2000,
        HostFileSystems = 0x4000, AuditRequired = 0x8000, AuditLaunches = 0x10000;
}

/// <summary>What kerr.conf says, as far as it concerns the privileged half: of a fixed size, so that a child can hand it over.</summary>
internal unsafe struct Configuration
{
    internal const int MostIds = 32, PathsSize = 8 << 10;

    internal uint Switches;
    internal uint SessionSize;              // MiB
    internal uint LoopDevices;
    internal uint OwnerCount;
    internal uint GroupCount;
    internal uint LimitLength;              // bytes of Limits and of Binds that are used
    internal uint BindLength;
    internal uint SinkLength;
    internal uint Problem;                  // what is wrong (ConfigurationProblem), then Line and Found say where
    internal uint Line;
    internal fixed uint Owners[MostIds];
    internal fixed uint Groups[MostIds];
    internal fixed byte Limits[PathsSize];  // directories, each with its NUL
    internal fixed byte Binds[PathsSize];   // files and directories, each with its NUL
    internal fixed byte Sink[112];          // `audit sink`, with its NUL
    internal fixed byte Found[256];

    private static Configuration s_read;

    internal static bool Has(uint flag) => (s_read.Switches & flag) != 0;

    internal static ref Configuration Read => ref s_read;

    /// <summary>Whether images are limited to owners, groups or paths.</summary>
    internal static bool LimitsImages => s_read.OwnerCount + s_read.GroupCount + s_read.LimitLength > 0;

    /// <summary>
    /// Has a child parse the files: under strict seccomp (read, write, exit) it can read what is in memory, write to us, and end. Whatever a file does to it, it answers
    /// one structure, whose every number is held against its bounds here.
    /// </summary>
    internal static void Load(int file)
    {
        int passwd = Sys.OpenAt(K.AtCwd, "/etc/passwd"u8, O.ReadOnly | O.NonBlock | O.NoTerminal);
        int group = Sys.OpenAt(K.AtCwd, "/etc/group"u8, O.ReadOnly | O.NonBlock | O.NoTerminal);
        byte* text = Map(file, out nint length);
        byte* users = Map(passwd, out nint usersLength);
        byte* groups = Map(group, out nint groupsLength);
        int* ends = stackalloc int[2];
        int error = text == null ? -E.INVAL : (int)Sys.Call(Nr.Pipe2, (nint)ends, O.CloseOnExec);
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child == 0)
        {
            ConfigurationParser parser = new(text, length, users, usersLength, groups, groupsLength, Privileges.Uid);
            error = Confine();
            if (error == 0)
            {
                parser.Parse(ref s_read);
                fixed (Configuration* made = &s_read)
                {
                    error = Sys.WriteAll(ends[1], (byte*)made, sizeof(Configuration));
                }
            }

            while (true)
            {
                Sys.Call(Nr.Exit, error == 0 ? 0 : 1);
            }
        }

        Sys.Close(ends[1]);
        error = child < 0 ? child : Receive(ends[0]);
        int status = child < 0 ? child : Sys.Wait(child);
        Sys.Close(ends[0]);
        Sys.Close(file);
        Sys.Close(passwd);
        Sys.Close(group);
        if (error < 0 || status != 0 || !IsSound())
        {
            Say.Fatal("kerr.conf cannot be read"u8, error, "have the administrator look at it: kerr confgen shows one that is right"u8);
        }

        if (s_read.Problem != 0)
        {
            byte* where = stackalloc byte[320];
            byte* end = Names.Numbered(where, " line "u8, s_read.Line);
            *end++ = (byte)':';
            *end++ = (byte)' ';
            fixed (byte* found = s_read.Found)
            {
                for (int i = 0; i < 255 && found[i] != 0; i++)
                {
                    *end++ = found[i];
                }
            }

            *end = 0;
            Say.Fatal(ConfigurationParser.Describe(s_read.Problem), 0, "have the administrator mend it: kerr confgen shows what there is"u8, where);
        }
    }

    /// <summary>
    /// What SECCOMP_MODE_STRICT allows, as a filter: the mode itself is refused to processes that somebody else has filtered already.
    /// </summary>
    private static int Confine()
    {
        const ulong Load = 0x20, JumpIfEqual = 0x15, Return = 0x06, Architecture = 4, Kill = 0x8000_0000, Allow = 0x7FFF_0000;
        ulong* filter = stackalloc ulong[8]; // struct sock_filter: code, jump if true << 16, if false << 24, number << 32
        filter[0] = Load | (Architecture << 32);
        filter[1] = JumpIfEqual | (4UL << 24) | (K.AuditArchitecture << 32);
        filter[2] = Load;
        filter[3] = JumpIfEqual | (3UL << 16) | ((ulong)Nr.Write << 32);
        filter[4] = JumpIfEqual | (2UL << 16) | ((ulong)Nr.Exit << 32);
        filter[5] = JumpIfEqual | (1UL << 16) | ((ulong)Nr.Read << 32);
        filter[6] = Return | (Kill << 32);
        filter[7] = Return | (Allow << 32);
        nint* program = stackalloc nint[2]; // struct sock_fprog
        program[0] = 8;
        program[1] = (nint)filter;
        int error = Sys.Prctl(K.PrSetNoNewPrivileges, 1);
        return error < 0 ? error : (int)Sys.Call(Nr.Seccomp, 1, 0, (nint)program);
    }

    private static bool IsSound()
    {
        ref Configuration read = ref s_read;
        fixed (byte* limits = read.Limits, binds = read.Binds)
        {
            return read.OwnerCount <= MostIds && read.GroupCount <= MostIds && read.LimitLength < PathsSize && read.BindLength < PathsSize && read.SinkLength < 112
                && read.SessionSize is > 0 and <= 1 << 24 && read.LoopDevices <= 1 << 20
                && (read.LimitLength == 0 || limits[read.LimitLength - 1] == 0) && (read.BindLength == 0 || binds[read.BindLength - 1] == 0);
        }
    }

    private static int Receive(int end)
    {
        fixed (Configuration* into = &s_read)
        {
            nint got = 0;
            while (got < sizeof(Configuration))
            {
                nint more = Sys.Call(Nr.Read, end, (nint)into + got, sizeof(Configuration) - got);
                if (more <= 0)
                {
                    return more < 0 ? (int)more : -E.IO;
                }

                got += more;
            }
        }

        return 0;
    }

    /// <summary>The content of a file as it is now, or nothing.</summary>
    private static byte* Map(int file, out nint length)
    {
        const ulong Most = 64 << 20;
        FileStatus status = default;
        length = 0;
        if (file < 0 || FileStatus.Read(file, &status) < 0 || !status.IsRegular || status.Size is 0 or > Most)
        {
            return null;
        }

        length = (nint)status.Size;
        nint mapped = Sys.Call(Nr.Mmap, 0, length, 1, 2, file, 0);
        return mapped is < 0 and > -4096 ? null : (byte*)mapped;
    }
}
