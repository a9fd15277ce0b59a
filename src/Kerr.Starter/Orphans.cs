namespace Kerr.Starter;

/// <summary>Processes that stay beside a launch: nobody's child, in a session of their own, holding nothing of the caller.</summary>
internal static unsafe class Orphans
{
    /// <summary>Forks: 0 in a process whose parent has ended; in ours 1, or the error number negated.</summary>
    internal static int Fork()
    {
        int child = Sys.Fork();
        if (child == 0)
        {
            int orphan = Sys.Fork(K.SigChild);
            if (orphan == 0)
            {
                return 0;
            }

            Sys.Exit(orphan < 0 ? 1 : 0);
        }

        int status = child < 0 ? child : Sys.Wait(child);
        return status < 0 ? status : status == 0 ? 1 : -E.AGAIN;
    }

    /// <summary>
    /// Takes leave of terminal, working directory and descriptors but one and those of a list; the standard ones lead to /dev/null.
    /// </summary>
    internal static int Settle(int kept, byte* keep)
    {
        int error = (int)Sys.Call(Nr.Setsid);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        int nothing = error < 0 ? error : Sys.OpenAt(K.AtCwd, "/dev/null"u8, O.ReadWrite);
        for (int i = 0; i < 3 && nothing >= 0; i++)
        {
            error = (int)Sys.Call(Nr.Dup3, nothing, i);
            nothing = error < 0 ? error : nothing;
        }

        Descriptors.CloseAllBut(3, kept, keep);
        return nothing < 0 ? nothing : 0;
    }
}
