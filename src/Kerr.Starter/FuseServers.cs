using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Image servers: forked before any namespace is left, waiting until their mount is made. Nobody's child, in a session of
/// their own, holding nothing of the caller. They end with the launcher as long as they wait, with their mount after that.
/// One that merges what we mounted enters our user namespace, and a copy of our mount namespace in which the host's root is
/// `/` again and the session lies on /sys. So it pins the layers that it reads, but never the mount that it serves.
/// </summary>
internal static unsafe class FuseServers
{
    // struct msghdr: name@0 namelen@8 iov@16 iovlen@24 control@32 controllen@40 flags@48; cmsghdr: len@0 level@8 type@12 data@16
    private const int MessageSize = 56, ControlSize = 32, WithDevice = 24, SolSocket = 1, ScmRights = 1, NoSignal = 0x4000, CloseOnExec = 0x40000000;

    /// <summary>Forks a server and answers the descriptor by which it is released.</summary>
    internal static int Start(byte* step)
    {
        int* pair = stackalloc int[2];
        byte** arguments = Plan.Pointers(Plan.Reference(step, Step.Data));
        byte** environment = Plan.Pointers(Plan.Reference(step, Step.Extra));
        int error = (int)Sys.Call(Nr.Socketpair, 1, 5 | O.CloseOnExec, 0, (nint)pair);
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
        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        byte word = 1;
        Prepare(message, control, buffer, &word);
        int* given = (int*)(control + 16);
        *(nint*)(message + 40) = enter ? ControlSize : WithDevice;
        *(nint*)control = enter ? 28 : 20;
        *(int*)(control + 8) = SolSocket;
        *(int*)(control + 12) = ScmRights;
        given[0] = device;
        given[1] = enter ? Sys.OpenAt(K.AtCwd, "/proc/self/ns/user"u8, O.ReadOnly) : -1;
        given[2] = enter ? Sys.OpenAt(K.AtCwd, "/proc/self/ns/mnt"u8, O.ReadOnly) : -1;
        int error = (int)Sys.Call(Nr.Sendmsg, end, (nint)message, NoSignal);
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
        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        byte word;
        Prepare(message, control, buffer, &word);
        int received = nothing < 0 ? nothing : (int)Sys.Call(Nr.Recvmsg, end, (nint)message, CloseOnExec);
        int* given = (int*)(control + 16);
        bool enter = *(nint*)(message + 40) == ControlSize;
        if (received == 1 && (enter ? Enter(given, end, &word) > 0 : *(nint*)(message + 40) == WithDevice))
        {
            int device = given[0];
            if (device != number)
            {
                Sys.Call(Nr.Dup3, device, number);
            }

            Sys.Fcntl(number, K.SetDescriptorFlags);
            Sys.Fcntl(end, K.SetDescriptorFlags); // open until the server ends: that is how somebody outside sees it
            for (uint i = 0; i < Plan.Count(keep); i++)
            {
                Sys.Fcntl((int)Plan.Number(keep, i), K.SetDescriptorFlags);
            }

            Sys.Call(Nr.Umask, 0x3F);
            Sys.Call(Nr.Execve, (nint)arguments[0], (nint)arguments, (nint)environment);
        }

        Sys.Exit(127);
    }

    private static void Prepare(byte* message, byte* control, nint* buffer, byte* word)
    {
        buffer[0] = (nint)word;
        buffer[1] = 1;
        for (int i = 0; i < MessageSize; i++)
        {
            message[i] = 0;
        }

        for (int i = 0; i < ControlSize; i++)
        {
            control[i] = 0;
        }

        *(nint*)(message + 16) = (nint)buffer;
        *(nint*)(message + 24) = 1;
        *(nint*)(message + 32) = (nint)control;
        *(nint*)(message + 40) = ControlSize;
    }
}
