using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The user's own FUSE programs inside the container: forked when the root is entered, reduced like the payload and executed
/// in its place, nobody's child. Each leaves its own mount alone in a mount namespace without it, so that the
/// mount ends with the payload, and the program with the mount.
/// </summary>
internal static unsafe class FusePrograms
{
    private static byte* s_step;        // in the process that becomes a program: the step that it came from
    private static int s_tell = -1;     // closes when the program runs, else tells why it does not

    /// <summary>Whether this process becomes a program: it stays in `/`, so that it keeps no mount busy.</summary>
    internal static bool InProgram => s_step != null;

    /// <summary>Starts a program; the process that becomes it goes on through the plan and comes back to <see cref="Run"/>.</summary>
    internal static int Start(byte* step)
    {
        if (InProgram)
        {
            return 0; // another program's process passes by
        }

        Audit.Tell(step);
        int* pipe = stackalloc int[2];
        int error = (int)Sys.Call(Nr.Pipe2, (nint)pipe, O.CloseOnExec);
        if (error < 0)
        {
            return error;
        }

        int child = Sys.Fork();
        if (child == 0)
        {
            int program = Sys.Fork(K.SigChild);
            if (program == 0)
            {
                s_step = step;
                s_tell = pipe[1];
                Tell(Separate(step));
                return 0;
            }

            Sys.Exit(program < 0 ? 1 : 0);
        }

        Sys.Close(pipe[1]);
        Sys.Close((int)Plan.U64(step, Step.Number));
        int status = child < 0 ? child : Sys.Wait(child);
        int told = 0;
        nint read = status != 0 ? 0 : Sys.Call(Nr.Read, pipe[0], (nint)(&told), 4);
        Sys.Close(pipe[0]);
        return status < 0 ? status : status != 0 ? -E.AGAIN : read == 4 ? told : 0;
    }

    /// <summary>Executes the program where the payload would be; nothing in the payload's process.</summary>
    internal static void Run(byte* payload)
    {
        if (!InProgram)
        {
            return;
        }

        byte** arguments = Plan.Pointers(Plan.Reference(s_step, Step.Data));
        byte** environment = Environment.Direct(payload);
        byte* found = *arguments[0] == (byte)'/' ? arguments[0] : Payload.Search(arguments[0], Environment.Value(environment, "PATH"u8));
        Payload.Restore();
        Tell(found == null ? -E.NOENT : (int)Sys.Call(Nr.Execve, (nint)found, (nint)arguments, (nint)environment));
    }

    /// <summary>Tells an error to the payload's process, and ends.</summary>
    internal static void Tell(int error)
    {
        if (InProgram && error < 0)
        {
            Sys.Call(Nr.Write, s_tell, (nint)(&error), 4);
            Sys.Exit(127);
        }
    }

    /// <summary>Takes leave of terminal, descriptors (but for standard error, so that it can complain) and the mount.</summary>
    private static int Separate(byte* step)
    {
        byte* kept = stackalloc byte[12];
        *(uint*)kept = 2;
        *(uint*)(kept + 4) = 2;
        *(uint*)(kept + 8) = (uint)Plan.U64(step, Step.Number);
        int error = Init.LetGo();
        error = error < 0 ? error : (int)Sys.Call(Nr.Setsid);
        Descriptors.CloseAllBut(0, s_tell, kept);
        for (int i = 0; i < 2 && error >= 0; i++)
        {
            error = Sys.OpenAt(K.AtCwd, "/dev/null"u8, O.ReadWrite); // the lowest free number: 0, then 1
        }

        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, K.CloneNewMounts);
        for (uint i = 0; i < Plan.StepCount && error >= 0; i++)
        {
            // The mounts of all programs: two that held each other's would never end.
            byte* other = Plan.StepAt(i);
            if (Plan.Kind(other) == StepKind.FuseProgram)
            {
                error = (int)Sys.Call(Nr.Umount2, (nint)Plan.String(other, Step.Target), K.UmountDetach);
                error = error is -E.INVAL or -E.NOENT ? 0 : error; // gone already, with one above it
            }
        }

        return error;
    }
}
