namespace Kerr.Starter;

/// <summary>The two processes of a launch with a PID namespace: the caller's own, which relays signals and the end, and process 1.</summary>
internal static unsafe class Relays
{
    // As Kerr.Starter.Init has them: all signals but those that cannot be had, those of faults, and those of job control.
    private const ulong Relayed = ~((1UL << 8) | (1UL << 18) | (1UL << 3) | (1UL << 4) | (1UL << 6) | (1UL << 7) | (1UL << 10) | (1UL << 30)
        | (1UL << 17) | (1UL << 19) | (1UL << 20) | (1UL << 21));

    private static bool s_forked;
    private static bool s_appInit;
    private static int s_lifeline = -1;
    private static int s_outside = -1;
    private static int s_launch = -1;

    /// <summary>Whether the caller's process is another than this.</summary>
    internal static bool Forked => s_forked;

    /// <summary>Forks; comes back in process 1, or with an error.</summary>
    internal static int Fork(bool appInit, int plan)
    {
        int* lifeline = stackalloc int[2];
        int* launch = stackalloc int[2];
        int* outside = stackalloc int[2];
        ulong held = Relayed;
        ulong early = 0;
        int error = (int)Sys.Call(Nr.Pipe2, (nint)lifeline, O.CloseOnExec | O.NonBlock);
        error = error < 0 ? error : (int)Sys.Call(Nr.Pipe2, (nint)launch, O.CloseOnExec);
        error = error < 0 ? error : (int)Sys.Call(Nr.Pipe2, (nint)outside, O.CloseOnExec); // the last: a process that ends closes it after the lifeline
        error = error < 0 ? error : Entry.SetMask(held);
        error = error < 0 ? error : (int)Sys.Call(Nr.Sigpending, (nint)(&early), 8);
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child > 0)
        {
            Privileges.Drop();
            ulong* numbers = stackalloc ulong[5];
            numbers[0] = (ulong)child;
            numbers[1] = (ulong)lifeline[1];
            numbers[2] = (ulong)launch[0];
            numbers[3] = Entry.Mask;
            numbers[4] = early;
            UserHalf.Keep(plan);
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
        s_forked = child == 0;
        return child < 0 ? child : 0;
    }

    /// <summary>Becomes the user's half that starts the payload. Privileges are dropped.</summary>
    internal static void Rest(int plan)
    {
        ulong* numbers = stackalloc ulong[6];
        numbers[0] = (ulong)Trust.UserHalf; // it may have to execute itself once more, where there is no /proc
        numbers[1] = s_appInit ? 1UL : 0;
        numbers[2] = (ulong)s_lifeline;
        numbers[3] = (ulong)s_launch;
        numbers[4] = Entry.Mask;
        numbers[5] = Entry.IgnoresChildren ? 1UL : 0;
        UserHalf.Keep(plan);
        UserHalf.Keep(Trust.UserHalf);
        if (s_forked)
        {
            AwaitOutside();
            UserHalf.Keep(s_lifeline);
            UserHalf.Keep(s_launch);
        }
        else
        {
            _ = Entry.SetMask(Entry.Mask);
        }

        UserHalf.Become("rest"u8, plan, numbers, s_forked ? 6 : 1, butChildren: s_forked);
    }

    /// <summary>
    /// Nothing runs before the process outside has become the user's: its end of one pipe closes at exec, or when it ends; that of the lifeline when it ends.
    /// </summary>
    private static void AwaitOutside()
    {
        byte none = 0;
        nint ended;
        do
        {
            ended = Sys.Call(Nr.Read, s_outside, (nint)(&none), 1);
        }
        while (ended == -E.INTR);
        if (ended != 0 || Sys.Call(Nr.Read, s_lifeline, (nint)(&none), 1) != -E.AGAIN)
        {
            Sys.Exit(255); // it has said why
        }
    }
}

/// <summary>Ends of sockets by which servers are let go, kept between the two halves of the user that know them.</summary>
internal static unsafe class Servers
{
    private const int Most = 16;
    private static Ends s_ends;

    internal static int Keep(ulong index, ref int end)
    {
        if (index >= Most || end < 0 || s_ends.End[index] != 0)
        {
            return -E.INVAL;
        }

        s_ends.End[index] = end;
        end = -1; // it is ours now
        return 0;
    }

    internal static int Of(ulong index) => index >= Most || s_ends.End[index] == 0 ? -1 : s_ends.End[index];

    private struct Ends
    {
        internal fixed int End[Most];
    }
}
