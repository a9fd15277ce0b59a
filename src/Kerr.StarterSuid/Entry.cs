using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>
/// What the caller may have arranged, and what of it is put right before anything else: descriptors, mask, signals, limits, directory. What
/// belongs to the payload is noted and given back at the end.
/// </summary>
internal static unsafe class Entry
{
    private const ulong FirstUserNamespace = 0xEFFFFFFD; // PROC_USER_INIT_INO, the same on every kernel that has namespaces

    private static int s_fileMask;
    private static long s_core;

    /// <summary>The caller's signal mask, for who goes on.</summary>
    internal static ulong Mask { get; private set; }

    /// <summary>Whether the caller ignores the ends of children.</summary>
    internal static bool IgnoresChildren { get; private set; }

    /// <summary>Makes sure that this is a launch by kerr, of a user, on a kernel that has what we need; answers the plan's descriptor.</summary>
    internal static int Check(int argc, byte** arguments)
    {
        long plan = argc is 2 or 3 && arguments != null && arguments[0] != null ? Slice.Of(arguments[1]).Number() : -1;
        if (plan is < 3 or > 1 << 20 || Sys.Fcntl((int)plan, K.SetDescriptorFlags, 1) < 0)
        {
            Say.Fatal("starter-suid is started by kerr, not by hand"u8, 0, "kerr exec IMAGE COMMAND"u8);
        }

        // Nothing of ours may land where the payload has its input and output. These close again at exec.
        for (int i = 0; i < 3; i++)
        {
            if (Sys.Fcntl(i, K.GetDescriptorFlags) == -E.BADF && Sys.Fcntl((int)plan, K.DupCloseOnExec, i) != i)
            {
                Sys.Exit(255);
            }
        }

        if (Sys.Call(Nr.Geteuid) != 0 || Sys.Call(Nr.Getuid) == 0 || Sys.Call(Nr.Getegid) != Sys.Call(Nr.Getgid) || IsSecure() == 0)
        {
            Say.Fatal("starter-suid has not the privilege it needs: it must be owned by root, mode 4755, on a file system that is not mounted nosuid"u8, 0,
                "have the administrator run `make install-setuid` again, or use --userns"u8);
        }

        int error = Sys.Prctl(K.PrSetDumpable, 0);
        error = error < 0 ? error : NoteSignals();
        error = error < 0 ? error : SetCoreLimit(0, out s_core);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        s_fileMask = (int)Sys.Call(Nr.Umask, 0x3F);
        if (error < 0 || s_fileMask < 0)
        {
            Say.Fatal("the circumstances of this launch cannot be put right"u8, error, "raise its limits, or use --userns"u8);
        }

        CheckKernel();
        return (int)plan;
    }

    /// <summary>Gives the payload what the caller had. Children that the caller ignores are left to whoever still waits for ours.</summary>
    internal static int Restore(bool butChildren)
    {
        ulong* action = stackalloc ulong[] { K.SigIgnore, 0, 0, 0 }; // struct sigaction: handler, flags, restorer, mask
        int error = IgnoresChildren && !butChildren ? (int)Sys.Call(Nr.Sigaction, K.SigChild, (nint)action, 0, 8) : 0;
        error = error < 0 ? error : SetCoreLimit(s_core, out _);
        return error < 0 ? error : Sys.Call(Nr.Umask, s_fileMask) < 0 ? -E.INVAL : 0;
    }

    internal static int SetMask(ulong mask) => (int)Sys.Call(Nr.Sigprocmask, 2, (nint)(&mask), 0, 8);

    /// <summary>Whether the kernel says that we run with more rights than the caller (AT_SECURE).</summary>
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("kerr_secure")]
    private static extern nint IsSecure();

    /// <summary>
    /// Signals get through, and ends of children are told. What else the caller ignores does not reach us, and stays so for the payload.
    /// </summary>
    private static int NoteSignals()
    {
        ulong* usual = stackalloc ulong[4];
        ulong* callers = stackalloc ulong[4];
        int error = (int)Sys.Call(Nr.Sigaction, K.SigChild, (nint)usual, (nint)callers, 8);
        IgnoresChildren = callers[0] == K.SigIgnore;
        error = error < 0 ? error : (int)Sys.Call(Nr.Sigprocmask, 2, (nint)usual, (nint)callers, 8);
        Mask = callers[0];
        return error;
    }

    /// <summary>No core is written of us; the hard limit stays, so that the payload has its own again.</summary>
    private static int SetCoreLimit(long limit, out long before)
    {
        long* limits = stackalloc long[2];
        int error = (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, 0, (nint)limits);
        before = limits[0];
        limits[0] = limit;
        return error < 0 ? error : (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, (nint)limits, 0);
    }

    private static void CheckKernel()
    {
        FileStatus status = default;
        int error = FileStatus.Read(K.AtCwd, "/proc/self/ns/user"u8, 0, &status);
        if (error < 0 || status.Inode != FirstUserNamespace)
        {
            Say.Fatal("the setuid mode works only in the host's own user namespace"u8, error, "use --userns"u8);
        }

        byte* name = stackalloc byte[390]; // struct utsname: six names of 65 bytes, the release is the third
        error = (int)Sys.Call(Nr.Uname, (nint)name);
        Slice release = new(name + 130, name + 195);
        if (error < 0 || (release.Cut('.').Number() * 1000) + release.Cut('.').Number() < 5014)
        {
            Say.Fatal("the setuid mode needs Linux 5.14 or later"u8, error, "use --userns, or have the administrator set `allow setuid = no`"u8);
        }
    }
}
