namespace Kerr.Starter;

/// <summary>The two processes of a launch with a PID namespace: the caller's own, which relays signals and the end, and process 1.</summary>
internal static unsafe class Relays
{
    // As Kerr.Starter.Init has them: all signals but those that cannot be had, those of faults, and those of job control.
    private const ulong Relayed = ~((1UL << 8) | (1UL << 18) | (1UL << 3) | (1UL << 4) | (1UL << 6) | (1UL << 7) | (1UL << 10) | (1UL << 30)
        | (1UL << 17) | (1UL << 19) | (1UL << 20) | (1UL << 21));

    private static bool s_appInit;
    private static int s_lifeline = -1;
    private static int s_outside = -1;
    private static int s_launch = -1;

    /// <summary>Whether the caller's process is another than this.</summary>
    internal static bool Forked { get; private set; }

    /// <summary>Forks; comes back in process 1, or with an error.</summary>
    internal static int Fork(bool appInit, int plan)
    {
        int* lifeline = stackalloc int[2];
        int* launch = stackalloc int[2];
        int* outside = stackalloc int[2];
        ulong early = 0;
        int error = (int)Sys.Call(Nr.Pipe2, (nint)lifeline, O.CloseOnExec | O.NonBlock);
        error = error < 0 ? error : (int)Sys.Call(Nr.Pipe2, (nint)launch, O.CloseOnExec);
        error = error < 0 ? error : (int)Sys.Call(Nr.Pipe2, (nint)outside, O.CloseOnExec); // the last: a process that ends closes it after the lifeline
        error = error < 0 ? error : Entry.SetMask(Relayed);
        error = error < 0 ? error : (int)Sys.Call(Nr.Sigpending, (nint)(&early), 8);
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child > 0)
        {
            Privileges.Drop();
            ulong* numbers = stackalloc ulong[] { (ulong)child, (ulong)lifeline[1], (ulong)launch[0], Entry.Mask, early };
            UserHalf.Keep(lifeline[1]);
            UserHalf.Keep(launch[0]);
            UserHalf.Become("relay"u8, plan, numbers, 5, butChildren: true);
        }

        Sys.Close(lifeline[1]);
        Sys.Close(launch[0]);
        Sys.Close(outside[1]);
        s_lifeline = lifeline[0];
        s_outside = outside[0];
        s_launch = launch[1];
        s_appInit = appInit;
        Forked = child == 0;
        return child < 0 ? child : 0;
    }

    /// <summary>Becomes the user's half that starts the payload. Privileges are dropped.</summary>
    internal static void Rest(int plan)
    {
        ulong* numbers = stackalloc ulong[]
        {
            (ulong)Trust.UserHalf, s_appInit ? 1UL : 0, (ulong)s_lifeline, (ulong)s_launch, Entry.Mask, Entry.IgnoresChildren ? 1UL : 0,
        };
        UserHalf.Keep(Trust.UserHalf); // it may have to execute itself once more, where there is no /proc
        if (Forked)
        {
            AwaitOutside();
            UserHalf.Keep(s_lifeline);
            UserHalf.Keep(s_launch);
        }
        else
        {
            _ = Entry.SetMask(Entry.Mask);
        }

        UserHalf.Become("rest"u8, plan, numbers, Forked ? 6 : 1, butChildren: Forked);
    }

    /// <summary>
    /// Nothing runs before the process outside has become the user's: its end of one pipe closes at exec, or when it ends; that of the lifeline when it ends.
    /// </summary>
    private static void AwaitOutside()
    {
        byte none = 0;
        if (Sys.Call(Nr.Read, s_outside, (nint)(&none), 1) != 0 || Sys.Call(Nr.Read, s_lifeline, (nint)(&none), 1) != -E.AGAIN)
        {
            Sys.Exit(255); // it has said why
        }
    }
}
