using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Image servers: forked before any namespace is left, waiting until their mount is made. Nobody's child, in a session of
/// their own, holding nothing of the caller. They end with the launcher as long as they wait, with their mount after that.
/// One that merges what we mounted enters our user namespace, and a copy of our mount namespace in which the host's root is
/// `/` again and the session lies on /sys. So it pins the layers that it reads, but never the mount that it serves.
/// Our own image server is executed at once, confined, and waits itself: so its start runs beside ours.
/// </summary>
internal static unsafe class FuseServers
{
    /// <summary>Forks a server and answers the descriptor by which it is released.</summary>
    internal static int Start(byte* step)
    {
        int* pair = stackalloc int[2];
        byte** arguments = Plan.Pointers(Plan.Reference(step, Step.Data));
        byte** environment = Plan.Pointers(Plan.Reference(step, Step.Extra));
        int error = Sockets.Pair(pair);
        if (error < 0)
        {
            return error;
        }

        int child = Sys.Fork();
        if (child == 0)
        {
            int server = Sys.Fork(K.SigChild);
            if (server == 0)
            {
                Serve(step, pair[1], arguments, environment);
            }

            Sys.Exit(server < 0 ? 1 : 0);
        }

        Sys.Close(pair[1]);
        int status = child < 0 ? child : Sys.Wait(child);
        if (status != 0)
        {
            Sys.Close(pair[0]);
            return status < 0 ? status : -E.AGAIN;
        }

        return pair[0];
    }

    /// <summary>Hands the waiting server its /dev/fuse and, when it is to enter our namespaces, these; then waits until it has.</summary>
    internal static int Release(int end, int device, bool enter = false)
    {
        int* given = stackalloc int[3];
        byte word = 1;
        given[0] = device;
        given[1] = enter ? Sys.OpenAt(K.AtCwd, "/proc/self/ns/user"u8, O.ReadOnly) : -1;
        given[2] = enter ? Sys.OpenAt(K.AtCwd, "/proc/self/ns/mnt"u8, O.ReadOnly) : -1;
        int error = Sockets.Send(end, &word, 1, given, enter ? 3 : 1);
        error = error < 0 || !enter ? error : Sys.Call(Nr.Read, end, (nint)(&word), 1) == 1 ? 0 : -E.IO;
        Sys.Close(given[1]);
        Sys.Close(given[2]);
        Sys.Close(end);
        return error < 0 ? error : 0;
    }

    /// <summary>Goes where the launch is, and lets it go on.</summary>
    private static int Enter(int* given, int end, byte* word)
    {
        int error = (int)Sys.Call(Nr.Setns, given[1], K.CloneNewUser);
        error = error is 0 or -E.INVAL ? (int)Sys.Call(Nr.Setns, given[2], K.CloneNewMounts) : error; // EINVAL: it left none
        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, K.CloneNewMounts);
        error = error < 0 ? error : (int)Sys.Call(Nr.PivotRoot, (nint)".host"u8.Start, (nint)".host/sys"u8.Start);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        return error < 0 ? error : (int)Sys.Call(Nr.Write, end, (nint)word, 1);
    }

    private static void Serve(byte* step, int end, byte** arguments, byte** environment)
    {
        byte* keep = Plan.Reference(step, Step.More);
        int number = (int)Plan.U64(step, Step.Number);
        int error = (int)Sys.Call(Nr.Setsid);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        int nothing = error < 0 ? error : Sys.OpenAt(K.AtCwd, "/dev/null"u8, O.ReadWrite);
        for (int i = 0; i < 3 && nothing >= 0; i++)
        {
            error = (int)Sys.Call(Nr.Dup3, nothing, i);
            nothing = error < 0 ? error : nothing;
        }

        // Other servers' ends and the plan go at once: whoever waits must see that we ended.
        Descriptors.CloseAllBut(3, end, keep);
        if (Plan.Has(step, FuseServerFlags.Confined))
        {
            error = nothing < 0 ? nothing : Confinement.Apply(arguments[0]);
            if (error == 0)
            {
                Execute(end, number, keep, arguments, environment);
            }

            Sys.Exit(127);
        }

        int* given = stackalloc int[Sockets.MostDescriptors];
        byte word;
        int received = nothing < 0 ? nothing : Sockets.Receive(end, &word, 1, given);
        if (received == 1 && (given[1] >= 0 ? Enter(given, end, &word) > 0 : given[0] >= 0))
        {
            Sys.Fcntl(end, K.SetDescriptorFlags); // open until the server ends: that is how somebody outside sees it
            Execute(given[0], number, keep, arguments, environment);
        }

        Sys.Exit(127);
    }

    /// <summary>Becomes the server, which finds a descriptor under a number; comes back only when that fails.</summary>
    private static void Execute(int descriptor, int number, byte* keep, byte** arguments, byte** environment)
    {
        if (descriptor != number)
        {
            Sys.Call(Nr.Dup3, descriptor, number);
        }

        Sys.Fcntl(number, K.SetDescriptorFlags);
        for (uint i = 0; i < Plan.Count(keep); i++)
        {
            Sys.Fcntl((int)Plan.Number(keep, i), K.SetDescriptorFlags);
        }

        Sys.Call(Nr.Umask, 0x3F);
        Sys.Call(Nr.Execve, (nint)arguments[0], (nint)arguments, (nint)environment);
    }

    /// <summary>Executes our image server in a process that has nothing else to do, with its image and where its device will come from.</summary>
    internal static void Become(byte* step, int file, int end)
    {
        byte* keep = Plan.Reference(step, Step.More);
        int number = (int)Plan.U64(step, Step.Number);
        int image = Plan.Count(keep) == 0 ? number : (int)Plan.Number(keep, 0);
        byte** arguments = Plan.Pointers(Plan.Reference(step, Step.Data));
        byte** environment = Plan.Pointers(Plan.Reference(step, Step.Extra));
        Sys.Call(Nr.Setsid);

        // First out of the way of the numbers that they are to have.
        int above = image > number ? image + 1 : number + 1;
        byte* kept = stackalloc byte[8];
        *(uint*)kept = 1;
        file = Sys.Fcntl(file, K.DupCloseOnExec, above);
        end = Sys.Fcntl(end, K.DupCloseOnExec, above);
        *(int*)(kept + 4) = end;
        Descriptors.CloseAllBut(3, file, kept);
        if (Sys.Call(Nr.Dup3, file, image) >= 0 && Plan.Has(step, FuseServerFlags.Confined) && Confinement.Apply(arguments[0]) == 0)
        {
            Execute(end, number, keep, arguments, environment);
        }

        Sys.Exit(127);
    }
}
