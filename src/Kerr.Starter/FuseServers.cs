using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// Image servers: forked before any namespace is left, waiting until their mount is made. Nobody's child, in a session of
/// their own, holding nothing of the caller. They end with the launcher as long as they wait, with their mount after that.
/// Our own image server is executed at once, confined, and waits itself: so its start runs beside ours.
/// </summary>
internal static unsafe class FuseServers
{
    // struct msghdr: name@0 namelen@8 iov@16 iovlen@24 control@32 controllen@40 flags@48; cmsghdr: len@0 level@8 type@12 data@16
    private const int MessageSize = 56, ControlSize = 24, SolSocket = 1, ScmRights = 1, NoSignal = 0x4000, CloseOnExec = 0x40000000;

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

    /// <summary>Hands the waiting server its /dev/fuse.</summary>
    internal static int Release(int end, int device)
    {
        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        byte word = 1;
        Prepare(message, control, buffer, &word);
        *(nint*)control = 20;
        *(int*)(control + 8) = SolSocket;
        *(int*)(control + 12) = ScmRights;
        *(int*)(control + 16) = device;
        int sent = (int)Sys.Call(Nr.Sendmsg, end, (nint)message, NoSignal);
        Sys.Close(end);
        return sent < 0 ? sent : 0;
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

        byte* message = stackalloc byte[MessageSize];
        byte* control = stackalloc byte[ControlSize];
        nint* buffer = stackalloc nint[2];
        byte word;
        Prepare(message, control, buffer, &word);
        int received = nothing < 0 ? nothing : (int)Sys.Call(Nr.Recvmsg, end, (nint)message, CloseOnExec);
        if (received == 1 && *(nint*)(message + 40) == ControlSize)
        {
            Execute(*(int*)(control + 16), number, keep, arguments, environment);
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
