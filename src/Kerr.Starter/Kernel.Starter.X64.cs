namespace Kerr.Starter;

// What only the starter asks of the kernel; starter-suid is compiled without it. See Kernel.X64.cs.

/// <summary>System call numbers of x86-64 that the starter has beside.</summary>
internal static partial class Nr
{
    internal const int Sendfile = 40, Shutdown = 48, Bind = 49, Listen = 50, Getsockopt = 55, Execve = 59, Kill = 62, Getcwd = 79, Fchmod = 91, Setsid = 112,
        Sigtimedwait = 128, Fstatfs = 138, SchedSetaffinity = 203, Getdents64 = 217, ClockGettime = 228, Mkdirat = 258, Fchownat = 260, Unlinkat = 263,
        Symlinkat = 266, Faccessat = 269, Accept4 = 288, Dup3 = 292, Setns = 308, MemfdCreate = 319, PidfdOpen = 434, CloseRange = 436,
        Openat2 = 437, LandlockCreateRuleset = 444, LandlockAddRule = 445, LandlockRestrictSelf = 446;
}

/// <summary>Flags of open.</summary>
internal static partial class O
{
    internal const int WriteOnly = 1, Create = 0x40, Exclusive = 0x80;
}

/// <summary>Error numbers that the starter decides by.</summary>
internal static partial class E
{
    internal const int TOOBIG = 7, NOEXEC = 8, CHILD = 10, PIPE = 32, EXIST = 17, XDEV = 18, NOSPC = 28, NOTTY = 25,
        NOSYS = 38, LOOP = 40, TIME = 62, NOTSUP = 95, ADDRINUSE = 98, CONNRESET = 104, CONNREFUSED = 111, STALE = 116;
}

/// <summary>Constants that only the starter uses.</summary>
internal static partial class K
{
    internal const int AtRemoveDirectory = 0x200;
    internal const int Dup = 0, GetSeals = 1034, AddSeals = 1033;
    internal const int SealSeal = 1, SealShrink = 2, SealGrow = 4, SealWrite = 8;
    internal const uint MemfdCloseOnExec = 1, MemfdAllowSealing = 2, MemfdExec = 0x10;
    internal const int MsNoSuid = 2, MsNoDev = 4, MsRemount = 32, MsBind = 0x1000, MsRelatime = 1 << 21;
    internal const ulong ResolveInRoot = 0x10, ResolveNoMagicLinks = 2, ResolveNoLinks = 4;
    internal const int CloneNewUser = 0x10000000, CloneNewIpc = 0x8000000, CloneNewProcesses = 0x20000000, CloneParent = 0x8000;
    internal const int WaitNoHang = 1;
    internal const int SigKill = 9, SigStop = 19, SigFileSize = 25;
    internal const int TypeLink = 0xA000;
    internal const int PrSetDeathSignal = 1, PrSetName = 15, AmbientRaise = 2;
    internal const int LoopSetFd = 0x4C00, LoopClear = 0x4C01, LoopSetStatus = 0x4C04;
    internal const int LimitFileSize = 1;
    internal const int LandlockScopeSignal = 2, LandlockCreateVersion = 1, LandlockPathBeneath = 1, LandlockExecute = 1, LandlockReadFile = 4;
    internal const int PeerCredentials = 17, PeerProcess = 77, ReceiveTimeout = 20;
}

/// <summary>What ELF calls this processor (e_machine), and what people call it.</summary>
internal static class Machine
{
    internal const int This = 62;
    internal static System.ReadOnlySpan<byte> Name => "amd64"u8;
}
