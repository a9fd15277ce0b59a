using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The processes that stay while a payload has a PID namespace of its own: outside, the process that the caller started,
/// and inside, when asked for, `appinit`, which is process 1. Both relay signals, hold nothing, and end as the payload ends.
/// <code>
///   caller's process ──fork──▶ process 1 ──fork──▶ payload        without AppInit process 1 is the payload
/// </code>
/// The terminal's signals are not relayed: payload and we are in one process group, so it has them already. While the launch
/// goes on there is no payload, and process 1 is deaf to what it does not handle: then a signal ends the process outside.
/// A launch whose image a server writes has another such process around all that, which left no namespace: the payload's end
/// unmounts the image, and what it waits for is that the server has written everything.
/// </summary>
internal static unsafe class Init
{
    // All signals but KILL and STOP (which cannot be had), those of our own faults (ILL TRAP BUS FPE SEGV SYS),
    // and the stops and continues of job control (TSTP CONT TTIN TTOU), which act on us as on the payload.
    private const ulong Relayed = ~((1UL << 8) | (1UL << 18) | (1UL << 3) | (1UL << 4) | (1UL << 6) | (1UL << 7) | (1UL << 10) | (1UL << 30)
        | (1UL << 17) | (1UL << 19) | (1UL << 20) | (1UL << 21));

    private static int s_lifeline = -1;
    private static int s_processes = -1;
    private static int s_launch = -1;           // a pipe: outside the end that hears, or inside the end that tells, that the payload starts
    private static ulong s_early;               // signals that came before the child was there to have its own
    private static byte* s_path;
    private static bool s_appInit;
    private static bool s_forked;
    private static ulong s_mask;
    private static SignalAction s_childAction;

    /// <summary>Forks; the child goes on, as process 1 of the new PID namespace where one was made, the parent waits and never returns.</summary>
    internal static int Fork(byte* step)
    {
        Audit.Tell(step);
        if (Half.Asks)
        {
            return Plan.Has(step, InitFlags.Outside) ? -E.PERM : Asking.Ask(Request.Fork, Plan.Has(step, InitFlags.AppInit) ? 1UL : 0);
        }

        bool outside = Plan.Has(step, InitFlags.Outside);
        int* pipe = stackalloc int[2];
        int* launch = stackalloc int[2];
        int error = (int)Sys.Call(Nr.Pipe2, (nint)pipe, O.CloseOnExec);
        error = error < 0 ? error : (int)Sys.Call(Nr.Pipe2, (nint)launch, O.CloseOnExec);
        error = error < 0 ? error : HoldSignals();
        if (error < 0)
        {
            return error;
        }

        // Before the fork: the child may be quick, and takes our root along into the image's.
        s_processes = outside ? -1 : Sys.OpenAt(K.AtCwd, "/proc"u8, O.Path | O.Directory);
        s_early = Pending();
        int child = Sys.Fork(K.SigChild);
        if (child > 0)
        {
            Sys.Prctl(K.PrSetName, (nint)"kerr"u8.Start);
            s_launch = launch[0];
            Rest(pipe[1], outside);
            int status = Relay(child, inside: false);
            Ending.Tell(status);
            Images.AwaitServers(outside);
            End(status, signalled: true);
        }

        Sys.Close(pipe[1]);
        Sys.Close(launch[0]);
        Sys.Close(s_processes);
        s_processes = -1;
        s_lifeline = pipe[0];
        s_launch = launch[1];
        s_appInit = Plan.Has(step, InitFlags.AppInit);
        s_forked = true;
        int ready = child < 0 ? child : outside ? RestoreSignals() : 0; // process 1 would lose signals: there they stay held
        return ready < 0 ? ready : TieToParent();
    }

    /// <summary>Goes on as the process outside: what the privileged half was is this now, and has the child.</summary>
    internal static void RelayFor(int child, int lifeline, int launch, ulong mask, ulong early)
    {
        Sys.Prctl(K.PrSetName, (nint)"kerr"u8.Start);
        s_processes = Sys.OpenAt(K.AtCwd, "/proc"u8, O.Path | O.Directory);
        s_launch = launch;
        s_mask = mask;
        s_early = early;
        Rest(lifeline);
        int status = Relay(child, inside: false);
        Ending.Tell(status);
        End(status, signalled: true);
    }

    /// <summary>Goes on as the process that the privileged half forked: with a PID namespace, process 1.</summary>
    internal static int Adopt(bool appInit, int lifeline, int launch, ulong mask, bool ignoresChildren)
    {
        s_forked = true;
        s_appInit = appInit;
        s_lifeline = lifeline;
        s_launch = launch;
        s_mask = mask;
        s_childAction = ignoresChildren ? SignalAction.Ignore() : default;
        int error = Sys.Fcntl(lifeline, K.SetDescriptorFlags, 1);
        error = error < 0 ? error : Sys.Fcntl(launch, K.SetDescriptorFlags, 1);
        return error < 0 ? error : TieToParent();
    }

    /// <summary>
    /// Makes process 1 die with the process outside. A change of credentials undoes this, so it is asked for again after
    /// each; the pipe tells when the parent died before it was asked for.
    /// </summary>
    internal static int TieToParent()
    {
        if (!s_forked)
        {
            return 0;
        }

        int error = Sys.Prctl(K.PrSetDeathSignal, K.SigKill);
        int heard = Heard(s_lifeline);
        if (heard > 0)
        {
            Sys.Exit(255);
        }

        return error < 0 ? error : heard;
    }

    /// <summary>Whether a pipe has a word for us or has hung up, or the process of a pidfd has ended.</summary>
    internal static int Heard(int pipe)
    {
        long* poll = stackalloc long[3];
        poll[0] = (uint)pipe | (1L << 32); // struct pollfd: fd@0, events@4 (POLLIN), revents@6; then a timespec of zero
        poll[1] = poll[2] = 0;
        return (int)Sys.Call(Nr.Ppoll, (nint)poll, 1, (nint)(poll + 1));
    }

    /// <summary>Forks the payload when process 1 is to be `appinit`. Returns in the payload, or in process 1 with an error.</summary>
    internal static int BecomeAppInit()
    {
        if (!s_appInit)
        {
            return s_forked ? RestoreSignals() : 0;
        }

        // Before the fork, since the payload may run before we do again: it must find process 1 named, and closed to
        // everybody inside who would attach to it or look at its descriptors.
        Sys.Prctl(K.PrSetName, (nint)"appinit"u8.Start);
        int error = Sys.Prctl(K.PrSetDumpable, 0);
        if (error < 0)
        {
            return error;
        }

        s_early = Pending();
        int child = Sys.Fork(K.SigChild);
        if (child > 0)
        {
            s_launch = -1;
            Rest(-1);
            End(Relay(child, inside: true), signalled: false);
        }

        if (child == 0)
        {
            Sys.Prctl(K.PrSetDumpable, 1); // else /proc/self is not ours to read

            // Our end closes when the payload starts, but process 1 may be late to close its own: so it is told in words.
            byte word = 1;
            Sys.Call(Nr.Write, s_launch, (nint)(&word), 1);
        }

        return child < 0 ? child : RestoreSignals();
    }

    /// <summary>Lets go of everything that a caller or a file system could wait for.</summary>
    private static void Rest(int kept, bool keepServers = false)
    {
        uint* numbers = stackalloc uint[4 + (int)Images.MaximumServers];
        numbers[0] = 3;
        numbers[1] = (uint)s_processes;
        numbers[2] = (uint)s_launch;
        numbers[3] = (uint)Ending.Sink;
        if (keepServers)
        {
            numbers[0] += Images.ListServers(numbers + 4);
        }

        Descriptors.CloseAllBut(0, kept, (byte*)numbers);
        Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
    }

    /// <summary>Waits for the child, relaying what processes send us, and answers its wait status.</summary>
    private static int Relay(int child, bool inside)
    {
        ulong wanted = Relayed;
        byte* info = stackalloc byte[128]; // siginfo: signal@0 error@4 code@8 pid@16
        while (true)
        {
            int signal = (int)Sys.Call(Nr.Sigtimedwait, (nint)(&wanted), (nint)info, 0, 8);
            if (signal == K.SigChild)
            {
                int ended;
                do
                {
                    ended = Reap(out int status);
                    if (ended == child)
                    {
                        return status;
                    }
                }
                while (ended > 0);
                if (ended == -E.CHILD)
                {
                    return 255 << 8; // cannot be: the child is ours to wait for
                }
            }
            else if (signal > 0 && !inside && (TookEarly(signal) || Launching()) && Ends(signal))
            {
                return signal;
            }
            else if (signal > 0 && inside && TookEarly(signal))
            {
                Sys.Call(Nr.Kill, child, signal);
            }
            else if (signal > 0 && *(int*)(info + 8) <= 0 && FromOutside(*(int*)(info + 16), inside, child))
            {
                Sys.Call(Nr.Kill, child, signal);
            }
        }
    }

    private static ulong Pending()
    {
        ulong pending = 0;
        Sys.Call(Nr.Sigpending, (nint)(&pending), 8);
        return pending;
    }

    /// <summary>Whether a signal is one of those that came before the child was there; asked once for each.</summary>
    private static bool TookEarly(int signal)
    {
        ulong bit = 1UL << (signal - 1);
        bool early = (s_early & bit) != 0;
        s_early &= ~bit;
        return early;
    }

    /// <summary>Whether the child is still one of us, on its way to the payload.</summary>
    private static bool Launching()
    {
        if (s_launch >= 0 && Heard(s_launch) > 0)
        {
            Sys.Close(s_launch);
            s_launch = -1;
        }

        return s_launch >= 0;
    }

    /// <summary>Whether a signal would end a program that handles none and was started as we were.</summary>
    private static bool Ends(int signal)
    {
        const int Urgent = 23, WindowSize = 28;
        SignalAction action = default;
        return signal is not (Urgent or WindowSize) && (s_mask >> (signal - 1) & 1) == 0 && action.Get(signal) == 0 && !action.Ignores;
    }

    /// <summary>
    /// Whether a sender is outside the payload's PID namespace. One inside, signalling its whole group, has reached the
    /// payload already. Seen from inside the outside has number 0; seen from outside, the namespace file tells.
    /// </summary>
    private static bool FromOutside(int sender, bool inside, int child)
    {
        if (inside || sender == 0)
        {
            return sender == 0;
        }

        FileStatus ours = default;
        FileStatus theirs = default;
        return FileStatus.Read(s_processes, NamespaceOf(child), 0, &ours) < 0 || FileStatus.Read(s_processes, NamespaceOf(sender), 0, &theirs) < 0 || !ours.SameFile(&theirs);
    }

    private static byte* NamespaceOf(int process)
    {
        s_path = s_path == null ? Arena.Take(48) : s_path;
        Text.Copy(Text.Number(s_path, (ulong)process), "/ns/pid"u8, 8);
        return s_path;
    }

    private static int Reap(out int status)
    {
        int found = 0;
        int result = (int)Sys.Call(Nr.Wait4, -1, (nint)(&found), K.WaitNoHang | K.WaitAll, Ending.UsageOfEnded);
        status = found;
        return result;
    }

    /// <summary>Ends as a wait status says: by exit code, by the same signal, or with 128 and its number.</summary>
    internal static void End(int status, bool signalled)
    {
        int signal = status & 0x7F;
        if (signal == 0)
        {
            Sys.Exit((status >> 8) & 0xFF);
        }

        if (signalled)
        {
            ulong none = 0;
            SignalAction action = default;
            action.Set(signal);
            Sys.Prctl(K.PrSetDumpable, 0); // the core is the payload's, not ours
            Sys.Call(Nr.Sigprocmask, 2, (nint)(&none), 0, 8);
            Sys.Call(Nr.Kill, Sys.Call(Nr.Getpid), signal);
        }

        Sys.Exit(128 + signal);
    }

    /// <summary>Holds what is relayed back for <see cref="Relay"/>, and makes sure that a child's end is told (the caller may ignore SIGCHLD).</summary>
    private static int HoldSignals()
    {
        ulong held = Relayed;
        ulong before = 0;
        int error = (int)Sys.Call(Nr.Sigprocmask, 0, (nint)(&held), (nint)(&before), 8);
        s_mask = before;
        s_childAction = default;
        SignalAction action = default;
        return error < 0 ? error : action.Exchange(K.SigChild, ref s_childAction);
    }

    /// <summary>Makes this process a stranger to the container's first ones: it neither relays nor ends with them.</summary>
    internal static int LetGo()
    {
        bool held = s_forked;
        s_forked = s_appInit = false;
        return held ? RestoreSignals() : 0;
    }

    private static int RestoreSignals()
    {
        ulong mask = s_mask;
        int error = s_childAction.Set(K.SigChild);
        return error < 0 ? error : (int)Sys.Call(Nr.Sigprocmask, 2, (nint)(&mask), 0, 8);
    }
}
