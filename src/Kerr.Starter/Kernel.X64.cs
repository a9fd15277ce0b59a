namespace Kerr.Starter;

// Everything that another processor has otherwise: system call numbers, flags, sizes. Numbers that all processors share
// stand here too, so that one page shows what the privileged program can ask of the kernel; what only the starter asks is in
// Kernel.Starter.X64.cs. Structures are written by offset; those of statx, mount_attr, loop_config, siginfo and the capabilities
// are the same everywhere.

/// <summary>System call numbers of x86-64.</summary>
internal static partial class Nr
{
    internal const int Read = 0, Write = 1, Close = 3, Mmap = 9, Sigaction = 13, Sigprocmask = 14, Ioctl = 16, Pread64 = 17, Getpid = 39, Socket = 41,
        Connect = 42, Sendmsg = 46, Recvmsg = 47, Socketpair = 53, Setsockopt = 54, Clone = 56, Exit = 60, Wait4 = 61, Uname = 63, Fcntl = 72, Chdir = 80,
        Fchdir = 81, Umask = 95, Getuid = 102, Getgid = 104, Setuid = 105, Geteuid = 107, Getegid = 108, Getgroups = 115, Setgroups = 116, Setresuid = 117,
        Getresuid = 118, Setresgid = 119, Getresgid = 120, Setfsuid = 122, Capget = 125, Capset = 126, Sigpending = 127, PivotRoot = 155, Prctl = 157,
        Chroot = 161, Mount = 165, Umount2 = 166, Sethostname = 170, ExitGroup = 231, Openat = 257, Readlinkat = 267, Ppoll = 271, Unshare = 272, Pipe2 = 293,
        Prlimit64 = 302, Seccomp = 317, Execveat = 322, Statx = 332, OpenTree = 428, MoveMount = 429, Fsopen = 430, Fsconfig = 431, Fsmount = 432,
        MountSetattr = 442;
}

/// <summary>Flags of open, as x86-64 has them.</summary>
internal static partial class O
{
    internal const int ReadOnly = 0, ReadWrite = 2, NoTerminal = 0x100, NonBlock = 0x800, Directory = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000,
        Path = 0x200000;
}

/// <summary>Error numbers.</summary>
internal static partial class E
{
    internal const int PERM = 1, NOENT = 2, INTR = 4, IO = 5, BADF = 9, AGAIN = 11, ACCES = 13, BUSY = 16, NOTDIR = 20, INVAL = 22, NAMETOOLONG = 36, TOOMANYREFS = 109;
}

/// <summary>Constants of the kernel's interface, by the name of the call that takes them.</summary>
internal static partial class K
{
    internal const int AtCwd = -100, AtSymlinkNoFollow = 0x100, AtEmptyPath = 0x1000, AtRecursive = 0x8000;
    internal const int DupCloseOnExec = 1030, GetDescriptorFlags = 1, SetDescriptorFlags = 2;
    internal const int MsMove = 0x2000, MsRecursive = 0x4000, MsPrivate = 1 << 18, MsSlave = 1 << 19;
    internal const int UmountDetach = 2;
    internal const int MapReadable = 1, MapWritable = 2, MapShared = 1, MapPrivate = 2, MapAnonymous = 0x20;
    internal const int OpenTreeClone = 1;
    internal const int MoveFromEmpty = 4, MoveToEmpty = 0x40;
    internal const int FsconfigFlag = 0, FsconfigString = 1, FsconfigCreate = 6;
    internal const int CloneNewMounts = 0x20000;
    internal const int WaitAll = 0x40000000;
    internal const int SigIgnore = 1, SigChild = 17;
    internal const uint StatxType = 1, StatxMode = 2, StatxUid = 8, StatxGid = 16, StatxModified = 0x40, StatxIno = 0x100, StatxSize = 0x200,
        StatxMountId = 0x1000, StatxMountRoot = 0x2000;
    internal const int TypeMask = 0xF000, TypeDirectory = 0x4000, TypeRegular = 0x8000;
    internal const int PrSetDumpable = 4, PrSetKeepCaps = 8, PrSetSecureBits = 28, PrBoundingRead = 23, PrBoundingDrop = 24, PrSetNoNewPrivileges = 38,
        PrGetNoNewPrivileges = 39, PrAmbient = 47, AmbientClear = 4;
    internal const int LoopConfigure = 0x4C0A, LoopGetFree = 0x4C82;
    internal const int LoopReadOnly = 1, LoopAutoClear = 4;
    internal const int GetInterfaceFlags = 0x8913, SetInterfaceFlags = 0x8914;
    internal const int LimitCore = 4;
    internal const ulong AuditArchitecture = 0xC000003E;
    internal const int SolSocket = 1, SendTimeout = 21;
}
