namespace Kerr.Starter;

/// <summary>Switches of kerr.conf that the privileged half obeys.</summary>
internal static class Switch
{
    internal const uint Setuid = 1, PidNamespace = 2, IpcNamespace = 4, UtsNamespace = 8,
        Directory = 0x10, SquashFs = 0x20, Sif = 0x40, Ext3 = 0x80,
        UserBind = 0x100, MountSlave = 0x200, KernelSquashFs = 0x400, Overlay = 0x800,
        HostFileSystems = 0x1000, AuditRequired = 0x2000, AuditLaunches = 0x4000, MountSquashFs = 0x8000,
        MountSquashFsLimited = 0x10000;
}

/// <summary>What kerr.conf says, as far as it concerns the privileged half: of a fixed size, so that a child can hand it over.</summary>
internal unsafe struct Configuration
{
    internal const int SinkSize = 108, FoundSize = 256;

    internal uint Switches;
    internal uint SessionSize;              // MiB
    internal uint LoopDevices;
    internal uint Problem;                  // what is wrong; Found says where
    internal IdList Owners;
    internal IdList Groups;
    internal SitePaths Limits;              // as they were written
    internal SitePaths Binds;
    internal fixed byte Sink[SinkSize];     // `audit sink`, with its NUL
    internal fixed byte Found[FoundSize];

    private static Configuration s_read;

    internal static bool Has(uint flag) => (s_read.Switches & flag) != 0;

    internal static ref Configuration Read => ref s_read;

    /// <summary>Whether images are limited to owners, groups or paths.</summary>
    internal static bool LimitsImages => !s_read.Owners.IsEmpty || !s_read.Groups.IsEmpty || !s_read.Limits.IsEmpty;

    private readonly bool IsSound =>
        SessionSize is > 0 and <= 1 << 24 && LoopDevices <= 1 << 20 && Owners.IsSound && Groups.IsSound && Limits.IsSound && Binds.IsSound;

    /// <summary>
    /// Has a child parse the files: it can read what is in memory, write to one structure that we share, and end. Whatever a file does to it, when it has ended that
    /// structure is copied, and every number in it held against its bounds here.
    /// </summary>
    internal static void Load(int file)
    {
        Slice text = Map(file);
        Slice users = Map(Sys.OpenAt(K.AtCwd, "/etc/passwd"u8, O.ReadOnly | O.NonBlock | O.NoTerminal));
        Slice groups = Map(Sys.OpenAt(K.AtCwd, "/etc/group"u8, O.ReadOnly | O.NonBlock | O.NoTerminal));
        nint shared = Sys.Call(Nr.Mmap, 0, sizeof(Configuration), K.MapReadable | K.MapWritable, K.MapShared | K.MapAnonymous, -1, 0);
        int child = text.IsEmpty ? -E.INVAL : shared is < 0 and > -4096 ? (int)shared : Sys.Fork(K.SigChild);
        if (child == 0)
        {
            int error = Confine();
            if (error == 0)
            {
                new ConfigurationParser(users, groups).Parse(ref *(Configuration*)shared, text);
            }

            while (true)
            {
                Sys.Call(Nr.Exit, error == 0 ? 0 : 1);
            }
        }

        int status = child < 0 ? child : Sys.Wait(child);
        if (status == 0)
        {
            s_read = *(Configuration*)shared;
        }

        s_read.Sink[SinkSize - 1] = s_read.Found[FoundSize - 1] = 0;
        if (!s_read.IsSound)
        {
            Say.Fatal("kerr.conf cannot be read"u8, status < 0 ? status : 0, "have the administrator look at it: kerr confgen shows one that is right"u8);
        }

        if (s_read.Problem != 0)
        {
            fixed (byte* found = s_read.Found)
            {
                Say.Fatal(ConfigurationParser.Describe(s_read.Problem), 0, "have the administrator mend it: kerr confgen shows what there is"u8, found);
            }
        }
    }

    /// <summary>Stricter than SECCOMP_MODE_STRICT, which is refused to processes that somebody else has filtered already: it can only end.</summary>
    private static int Confine()
    {
        const ulong Load = 0x20, JumpIfEqual = 0x15, Return = 0x06, Architecture = 4, Kill = 0x8000_0000, Allow = 0x7FFF_0000;
        ulong* filter = stackalloc ulong[] // struct sock_filter: code, jump if true << 16, if false << 24, number << 32
        {
            Load | (Architecture << 32),
            JumpIfEqual | (2UL << 24) | (K.AuditArchitecture << 32),
            Load,
            JumpIfEqual | (1UL << 16) | ((ulong)Nr.Exit << 32),
            Return | (Kill << 32),
            Return | (Allow << 32),
        };
        nint* program = stackalloc nint[] { 6, (nint)filter }; // struct sock_fprog
        int error = Sys.Prctl(K.PrSetNoNewPrivileges, 1);
        return error < 0 ? error : (int)Sys.Call(Nr.Seccomp, 1, 0, (nint)program);
    }

    /// <summary>The content of a file as it is now, or nothing; closes it.</summary>
    private static Slice Map(int file)
    {
        const ulong Most = 64 << 20;
        FileStatus status = default;
        bool good = file >= 0 && FileStatus.Read(file, &status) == 0 && status.IsRegular && status.Size is > 0 and <= Most;
        nint mapped = good ? Sys.Call(Nr.Mmap, 0, (nint)status.Size, K.MapReadable, K.MapPrivate, file, 0) : -E.INVAL;
        Sys.Close(file);
        return mapped is < 0 and > -4096 ? default : new Slice((byte*)mapped, (byte*)mapped + status.Size);
    }
}

/// <summary>Numbers of users or groups.</summary>
internal unsafe struct IdList
{
    private const int Most = 32;
    private uint _count;
    private fixed uint _ids[Most];

    internal readonly bool IsEmpty => _count == 0;

    internal readonly bool IsSound => _count <= Most;

    /// <summary>Whether there was room.</summary>
    internal bool Add(uint id)
    {
        bool fits = _count < Most;
        if (fits)
        {
            _ids[_count++] = id;
        }

        return fits;
    }

    /// <summary>Whether it names this one, or nobody and so everybody.</summary>
    internal readonly bool Allows(uint id)
    {
        bool allowed = IsEmpty;
        for (uint i = 0; i < _count; i++)
        {
            allowed |= _ids[i] == id;
        }

        return allowed;
    }
}
