namespace Kerr.Starter;

/// <summary>
/// What the caller may have arranged, and what of it is put right before anything else: descriptors, mask, signals, limits, directory. What
/// belongs to the payload is noted and given back at the end.
/// </summary>
internal static unsafe class Entry
{
    private const int SignalCount = 64;
    private const int AuxiliarySecure = 23;
    private const ulong FirstUserNamespace = 0xEFFFFFFD; // PROC_USER_INIT_INO, the same on every kernel that has namespaces

    private static ulong s_ignored;
    private static ulong s_mask;
    private static int s_fileMask;
    private static long s_core;

    /// <summary>The caller's signal mask and what was ignored, a bit for each signal, for who goes on.</summary>
    internal static ulong Mask => s_mask;

    internal static bool IgnoresChildren => (s_ignored >> (K.SigChild - 1) & 1) != 0;

    /// <summary>Makes sure that this is a launch by kerr, of a user, on a kernel that has what we need; answers the plan's descriptor.</summary>
    internal static int Check(int argc, byte** arguments, byte** environment)
    {
        long plan = argc is 2 or 3 && arguments != null && arguments[0] != null ? Text.ParseNumber(arguments[1]) : -1;
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

        if (Sys.Call(Nr.Geteuid) != 0 || Sys.Call(Nr.Getuid) == 0 || Sys.Call(Nr.Getegid) != Sys.Call(Nr.Getgid) || !IsSecure(environment))
        {
            Say.Fatal("starter-suid has not the privilege it needs: it must be owned by root, mode 4755, on a file system that is not mounted nosuid"u8, 0,
                "have the administrator run `make install-setuid` again, or use --userns"u8);
        }

        int error = Sys.Prctl(K.PrSetDumpable, 0);
        error = error < 0 ? error : NoteSignals();
        error = error < 0 ? error : LowerCoreLimit();
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        s_fileMask = (int)Sys.Call(Nr.Umask, 0x3F);
        error = error < 0 ? error : s_fileMask < 0 ? s_fileMask : 0;
        if (error < 0)
        {
            Say.Fatal("the circumstances of this launch cannot be put right"u8, error, "raise its limits, or use --userns"u8);
        }

        CheckKernel();
        return (int)plan;
    }

    /// <summary>Gives the payload what the caller had. Children that the caller ignores are left to whoever still waits for ours.</summary>
    internal static int Restore(bool butChildren)
    {
        int error = 0;
        SignalAction ignore = SignalAction.Ignore();
        for (int signal = 1; signal <= SignalCount && error == 0; signal++)
        {
            bool back = (s_ignored >> (signal - 1) & 1) != 0 && !(butChildren && signal == K.SigChild);
            error = back ? ignore.Set(signal) : 0;
        }

        long* limits = stackalloc long[2];
        error = error < 0 ? error : (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, 0, (nint)limits);
        limits[0] = s_core;
        error = error < 0 ? error : (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, (nint)limits, 0);
        return error < 0 ? error : Sys.Call(Nr.Umask, s_fileMask) < 0 ? -E.INVAL : 0;
    }

    internal static int SetMask(ulong mask) => (int)Sys.Call(Nr.Sigprocmask, 2, (nint)(&mask), 0, 8);

    /// <summary>Behind the environment, of which nothing is read, the kernel says whether we run with more rights than the caller.</summary>
    private static bool IsSecure(byte** environment)
    {
        byte** at = environment;
        while (*at != null)
        {
            at++;
        }

        for (nint* pair = (nint*)(at + 1); pair[0] != 0; pair += 2)
        {
            if (pair[0] == AuxiliarySecure)
            {
                return pair[1] != 0;
            }
        }

        return false;
    }

    private static int NoteSignals()
    {
        ulong mask = 0;
        ulong none = 0;
        int error = (int)Sys.Call(Nr.Sigprocmask, 2, (nint)(&none), (nint)(&mask), 8);
        s_mask = mask;
        SignalAction usual = default;
        for (int signal = 1; signal <= SignalCount && error == 0; signal++)
        {
            SignalAction now = default;
            if (signal is K.SigKill or K.SigStop or 32 or 33)
            {
                continue;
            }

            error = now.Get(signal);
            if (error == 0 && now.Ignores)
            {
                s_ignored |= 1UL << (signal - 1);
                error = usual.Set(signal);
            }
        }

        return error;
    }

    /// <summary>No core is written of us; the hard limit stays, so that the payload has its own again.</summary>
    private static int LowerCoreLimit()
    {
        long* limits = stackalloc long[2];
        int error = (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, 0, (nint)limits);
        s_core = limits[0];
        limits[0] = 0;
        return error < 0 ? error : (int)Sys.Call(Nr.Prlimit64, 0, K.LimitCore, (nint)limits, 0);
    }

    private static void CheckKernel()
    {
        FileStatus status = default;
        int error = FileStatus.Read(K.AtCwd, "/proc/self/ns/user"u8, 0, &status);
        if (error < 0 || !status.IsInode(FirstUserNamespace))
        {
            Say.Fatal("the setuid mode works only in the host's own user namespace"u8, error, "use --userns"u8);
        }

        byte* name = stackalloc byte[390]; // struct utsname: six names of 65 bytes, the release is the third
        error = (int)Sys.Call(Nr.Uname, (nint)name);
        int major = 0;
        int minor = 0;
        byte* at = name + 130;
        for (; error == 0 && *at >= '0' && *at <= '9' && major < 1000; at++)
        {
            major = (major * 10) + (*at - '0');
        }

        for (at += error == 0 && *at == '.' ? 1 : 0; error == 0 && *at >= '0' && *at <= '9' && minor < 1000; at++)
        {
            minor = (minor * 10) + (*at - '0');
        }

        if (major < 5 || (major == 5 && minor < 14))
        {
            Say.Fatal("the setuid mode needs Linux 5.14 or later"u8, error, "use --userns, or have the administrator set `allow setuid = no`"u8);
        }
    }
}
