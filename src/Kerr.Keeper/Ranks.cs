using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// What the ranks of a step have together that are out of sight of everybody else (`--containall` in a parallel launch): a user, a PID and an
/// IPC namespace. Ranks name each other by process number and read each other's memory, so they cannot have one each. Process 1 is a process of
/// the keeper's, since no rank may be the one whose end ends the others. It ends when the keeper says that the last launch has ended, and all that
/// ranks left running with it; when the keeper was killed it stays until nobody else is in the namespace.
/// </summary>
internal static unsafe class Ranks
{
    private static int s_users = -1;
    private static int s_processes = -1;
    private static int s_messages = -1;
    private static int s_first = -1;    // our end of what process 1 listens to

    /// <summary>The user namespace, below that of the mounts and beside the one of other launches.</summary>
    internal static int Users
    {
        get
        {
            Begin();
            return s_users;
        }
    }

    internal static int Processes
    {
        get
        {
            Begin();
            return s_processes;
        }
    }

    internal static int Messages
    {
        get
        {
            Begin();
            return s_messages;
        }
    }

    /// <summary>Tells process 1 that no launch is left.</summary>
    internal static void Finish()
    {
        byte word = 1;
        if (s_first >= 0)
        {
            Sys.Call(Nr.Write, s_first, (nint)(&word), 1);
        }
    }

    private static void Begin()
    {
        if (s_users >= 0)
        {
            return;
        }

        int above = Holder.Users; // asked for here: a child that waited for the holder would take its answer from us
        int* pair = stackalloc int[2];
        int* first = stackalloc int[2];
        int error = Sockets.Pair(pair);
        error = error < 0 ? error : Sockets.Pair(first);
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child == 0)
        {
            Sys.Close(pair[0]);
            Sys.Close(first[0]);
            Make(above, pair[1], first[1]);
        }

        Sys.Close(pair[1]);
        Sys.Close(first[1]);
        int number = 0;
        int told = child < 0 ? child : (int)Sys.Call(Nr.Read, pair[0], (nint)(&number), 4);
        Sys.Close(pair[0]);
        number = told == 4 ? number : -E.PIPE;
        s_users = Holder.OrEnd(Open(number, "/ns/user"u8));
        s_processes = Holder.OrEnd(Open(number, "/ns/pid"u8));
        s_messages = Holder.OrEnd(Open(number, "/ns/ipc"u8));

        // From now on nobody opens anything of process 1.
        byte word = 1;
        Sys.Call(Nr.Write, first[0], (nint)(&word), 1);
        Sys.Call(Nr.Read, first[0], (nint)(&word), 1);
        s_first = first[0];
        if (child > 0)
        {
            Sys.Wait(child);
        }
    }

    private static int Open(int process, System.ReadOnlySpan<byte> name)
    {
        if (process < 0)
        {
            return process;
        }

        byte* path = stackalloc byte[48];
        Text.Copy(Text.Number(Text.Copy(path, (byte*)"/proc/"u8.Start), (ulong)process), name, name.Length + 1);
        return Sys.OpenAt(K.AtCwd, path, O.ReadOnly);
    }

    /// <summary>In a child of the keeper: makes the namespaces and in them process 1, a child of the keeper, too.</summary>
    private static void Make(int above, int end, int first)
    {
        int error = (int)Sys.Call(Nr.Setns, above, K.CloneNewUser);
        error = error < 0 ? error : Namespaces.Unshare(Holder.Find(StepKind.Unshare), K.CloneNewUser);
        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, K.CloneNewProcesses | K.CloneNewIpc);
        int number = error < 0 ? error : Sys.Fork(K.CloneParent | K.SigChild);
        if (number == 0)
        {
            Sys.Close(end);
            Reap(first);
        }

        Sys.Call(Nr.Write, end, (nint)(&number), 4);
        Sys.Exit(0);
    }

    /// <summary>Process 1. Signals of those inside do not reach it, since it handles none; what ends without a parent the kernel reaps.</summary>
    private static void Reap(int end)
    {
        byte word = 0;
        byte* kept = stackalloc byte[8];
        *(uint*)kept = 1;
        *(uint*)(kept + 4) = (uint)end;
        SignalAction ignored = SignalAction.Ignore();
        Sys.Prctl(K.PrSetName, (nint)"appinit"u8.Start);
        int error = ignored.Set(K.SigChild);
        bool told = error == 0 && Sys.Call(Nr.Read, end, (nint)(&word), 1) == 1;
        error = told ? Sys.Prctl(K.PrSetDumpable, 0) : -E.PIPE; // their namespaces have been opened: nobody looks at us any more
        Sys.Call(Nr.Write, end, (nint)(&word), 1);
        Descriptors.CloseAllBut(0, -1, kept);
        if (error == 0 && Sys.Call(Nr.Read, end, (nint)(&word), 1) != 1)
        {
            // The keeper was killed. Those who run know nothing of it.
            while (Sys.Call(Nr.Kill, -1, 0) == 0)
            {
                Sys.Sleep(200_000_000);
            }
        }

        Sys.Exit(0);
    }
}
