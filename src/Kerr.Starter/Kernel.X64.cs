namespace Kerr.Starter;

// Everything that another processor has otherwise: system call numbers, flags, sizes. Numbers that all processors share
// stand here too, so that one page shows what the starter can ask of the kernel. Structures are written by offset; those of
// statx, mount_attr, loop_config, siginfo and the capabilities are the same everywhere.

/// <summary>System call numbers of x86-64.</summary>
internal static class Nr
{
    internal const int Read = 0, Write = 1, Close = 3, Mmap = 9, Sigaction = 13, Sigprocmask = 14, Ioctl = 16, Pread64 = 17, Getpid = 39, Sendfile = 40,
        Socket = 41, Connect = 42, Sendmsg = 46, Recvmsg = 47, Shutdown = 48, Bind = 49, Listen = 50, Socketpair = 53, Setsockopt = 54,
        Getsockopt = 55, Clone = 56, Execve = 59, Exit = 60, Wait4 = 61, Kill = 62, Uname = 63, Fcntl = 72, Getcwd = 79, Chdir = 80, Fchdir = 81, Fchmod = 91, Umask = 95,
        Getuid = 102, Getgid = 104, Setuid = 105, Geteuid = 107, Getegid = 108, Setsid = 112, Getgroups = 115, Setgroups = 116, Setresuid = 117, Getresuid = 118, Setresgid = 119,
        Getresgid = 120, Setfsuid = 122, Capget = 125, Capset = 126, Sigpending = 127, Sigtimedwait = 128, Fstatfs = 138, PivotRoot = 155, Prctl = 157, Chroot = 161,
        Mount = 165, Umount2 = 166, Sethostname = 170, SchedSetaffinity = 203, Getdents64 = 217, ClockGettime = 228, ExitGroup = 231, Openat = 257,
        Mkdirat = 258, Fchownat = 260, Unlinkat = 263, Symlinkat = 266, Readlinkat = 267, Faccessat = 269, Ppoll = 271, Unshare = 272, Accept4 = 288,
        Dup3 = 292, Pipe2 = 293, Prlimit64 = 302, Setns = 308, Seccomp = 317, MemfdCreate = 319, Execveat = 322, Statx = 332, OpenTree = 428, MoveMount = 429,
        Fsopen = 430, Fsconfig = 431, Fsmount = 432, PidfdOpen = 434, CloseRange = 436, Openat2 = 437, MountSetattr = 442,
        LandlockCreateRuleset = 444, LandlockAddRule = 445, LandlockRestrictSelf = 446;
}

/// <summary>Flags of open, as x86-64 has them.</summary>
internal static class O
{
    internal const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NoTerminal = 0x100, NonBlock = 0x800,
        Directory = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000, Path = 0x200000;
}

/// <summary>What ELF calls this processor (e_machine), and what people call it.</summary>
internal static class Machine
{
    internal const int This = 62;
    internal static System.ReadOnlySpan<byte> Name => "amd64"u8;
}

/// <summary>Error numbers that the starter decides by.</summary>
internal static class E
{
    internal const int PERM = 1, NOENT = 2, INTR = 4, IO = 5, TOOBIG = 7, NOEXEC = 8, BADF = 9, CHILD = 10, AGAIN = 11, NOMEM = 12, ACCES = 13,
        PIPE = 32, BUSY = 16, EXIST = 17, XDEV = 18, NODEV = 19, NOTDIR = 20, ISDIR = 21, INVAL = 22, NOSPC = 28, NOTTY = 25, NAMETOOLONG = 36, NOSYS = 38, LOOP = 40, TIME = 62,
        NOTSUP = 95, ADDRINUSE = 98, CONNRESET = 104, CONNREFUSED = 111, STALE = 116;
}

/// <summary>Constants of the kernel's interface, by the name of the call that takes them.</summary>
internal static class K
{
    internal const int AtCwd = -100, AtSymlinkNoFollow = 0x100, AtRemoveDirectory = 0x200, AtEmptyPath = 0x1000, AtRecursive = 0x8000;
    internal const int DupCloseOnExec = 1030, Dup = 0, GetDescriptorFlags = 1, SetDescriptorFlags = 2, GetSeals = 1034, AddSeals = 1033;
    internal const int SealSeal = 1, SealShrink = 2, SealGrow = 4, SealWrite = 8;
    internal const uint MemfdCloseOnExec = 1, MemfdAllowSealing = 2, MemfdExec = 0x10;
    internal const int MsReadOnly = 1, MsNoSuid = 2, MsNoDev = 4, MsRemount = 32, MsBind = 0x1000, MsMove = 0x2000, MsRecursive = 0x4000, MsPrivate = 1 << 18,
        MsSlave = 1 << 19, MsRelatime = 1 << 21;
    internal const int UmountDetach = 2;
    internal const int OpenTreeClone = 1;
    internal const int MoveFromEmpty = 4, MoveToEmpty = 0x40;
    internal const int FsconfigFlag = 0, FsconfigString = 1, FsconfigCreate = 6;
    internal const ulong ResolveInRoot = 0x10, ResolveNoMagicLinks = 2;
    internal const int CloneNewMounts = 0x20000, CloneNewUser = 0x10000000, CloneNewIpc = 0x8000000, CloneNewProcesses = 0x20000000, CloneParent = 0x8000;
    internal const int WaitNoHang = 1, WaitAll = 0x40000000;
    internal const int SigIgnore = 1, SigHup = 1, SigKill = 9, SigChild = 17, SigStop = 19, SigFileSize = 25;
    internal const uint StatxType = 1, StatxMode = 2, StatxUid = 8, StatxGid = 16, StatxModified = 0x40, StatxIno = 0x100, StatxSize = 0x200, StatxMountId = 0x1000;
    internal const int TypeMask = 0xF000, TypeDirectory = 0x4000, TypeRegular = 0x8000, TypeLink = 0xA000;
    internal const int PrSetDeathSignal = 1, PrSetDumpable = 4, PrSetKeepCaps = 8, PrSetName = 15, PrSetSeccomp = 22, PrSetSecureBits = 28, PrBoundingRead = 23,
        PrBoundingDrop = 24, PrSetNoNewPrivileges = 38, PrGetNoNewPrivileges = 39, PrAmbient = 47, AmbientRaise = 2, AmbientClear = 4;
    internal const int LoopSetFd = 0x4C00, LoopClear = 0x4C01, LoopSetStatus = 0x4C04, LoopConfigure = 0x4C0A, LoopGetFree = 0x4C82;
    internal const int LoopReadOnly = 1, LoopAutoClear = 4;
    internal const int GetInterfaceFlags = 0x8913, SetInterfaceFlags = 0x8914;
    internal const int LimitFileSize = 1, LimitCore = 4;
    internal const ulong AuditArchitecture = 0xC000003E;
    internal const int LandlockScopeSignal = 2, LandlockCreateVersion = 1, LandlockPathBeneath = 1, LandlockExecute = 1, LandlockReadFile = 4;
    internal const int SolSocket = 1, PeerCredentials = 17, PeerProcess = 77, ReceiveTimeout = 20, SendTimeout = 21;
}
