using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Leaves the host's namespaces, and enters others.</summary>
internal static unsafe class Namespaces
{
    /// <summary>CLONE_NEW* of time, mount, cgroup, UTS, IPC, user, PID and network namespaces.</summary>
    internal const ulong All = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;

    /// <summary>Whether we are in a user namespace that the plan made or named.</summary>
    internal static bool OwnUsers;

    /// <summary>Leaves those of the step, among the allowed ones. The user namespace is the shared one when there is one.</summary>
    internal static int Unshare(byte* step, ulong allowed = All)
    {
        Audit.Tell(step);
        OwnUsers |= Plan.Has(step, K.CloneNewUser);
        ulong flags = Plan.U64(step, Step.Flags) & allowed;
        if (Half.Asks)
        {
            return Asking.Ahead(Request.Namespaces, step, flags & ~(ulong)K.CloneNewMounts); // the mounts' is left already
        }

        if (Sharing.Users >= 0)
        {
            int joined = (int)Sys.Call(Nr.Setns, Sharing.Users, K.CloneNewUser);
            if (joined < 0 || !Sharing.Apart)
            {
                long rest = joined < 0 ? joined : Sharing.EnterStep(flags & ~(ulong)K.CloneNewUser);
                return rest < 0 ? (int)rest : (int)Sys.Call(Nr.Unshare, (nint)rest);
            }
        }

        byte* mapUids = Plan.Reference(step, Step.Data);
        byte* mapGids = Plan.Reference(step, Step.Extra);
        MapHelper uids = default;
        MapHelper gids = default;
        SignalAction before = default;
        int error = 0;
        if (mapUids != null)
        {
            SignalAction usual = default; // a caller who ignores SIGCHLD would let their ends go untold
            error = usual.Exchange(K.SigChild, ref before);

            // The helpers are set-uid programs: they must start in the user namespace that we are about to leave.
            error = error < 0 ? error : uids.Start(mapUids);
            error = error < 0 ? error : gids.Start(mapGids);
        }

        error = error < 0 ? error : (int)Sys.Call(Nr.Unshare, (nint)flags);
        if (error == 0 && Plan.Has(step, K.CloneNewUser) && Plan.U64(step, Step.Number) == 1)
        {
            error = WriteFile("/proc/self/setgroups"u8, (byte*)"deny"u8.Start);
        }

        if (mapUids != null)
        {
            int uidError = uids.Finish(error == 0);
            int gidError = gids.Finish(error == 0 && uidError == 0);
            uidError = uidError < 0 ? uidError : before.Set(K.SigChild);
            return error < 0 ? error : uidError < 0 ? uidError : gidError;
        }

        if (error == 0 && Plan.Has(step, K.CloneNewUser))
        {
            error = WriteFile("/proc/self/gid_map"u8, Plan.String(step, Step.Target));
            error = error < 0 ? error : WriteFile("/proc/self/uid_map"u8, Plan.String(step, Step.Source));
        }

        return error;
    }

    internal static int Join(byte* step)
    {
        Audit.Tell(step);
        OwnUsers |= Plan.Has(step, K.CloneNewUser);
        int file = Sys.OpenAt(K.AtCwd, Plan.String(step, Step.Source), O.ReadOnly);
        if (file < 0)
        {
            return file;
        }

        int error = (int)Sys.Call(Nr.Setns, file, (nint)Plan.U64(step, Step.Flags));
        Sys.Close(file);
        return error;
    }

    private static int WriteFile(void* path, byte* text)
    {
        if (text == null)
        {
            return 0;
        }

        int file = Sys.OpenAt(K.AtCwd, path, O.WriteOnly);
        if (file < 0)
        {
            return file;
        }

        int length = Text.Length(text);
        int written = (int)Sys.Call(Nr.Write, file, (nint)text, length); // the kernel takes a map in one piece only
        Sys.Close(file);
        return written < 0 ? written : written == length ? 0 : -E.IO;
    }

    /// <summary>A child that stays in the old user namespace and runs newuidmap or newgidmap for us when told.</summary>
    private struct MapHelper
    {
        private int _child;
        private int _tell;

        internal int Start(byte* command)
        {
            int* pipe = stackalloc int[2];
            int error = (int)Sys.Call(Nr.Pipe2, (nint)pipe, O.CloseOnExec);
            if (error < 0)
            {
                return error;
            }

            byte* us = Arena.Take(24);
            *Text.Number(us, (ulong)Sys.Call(Nr.Getpid)) = 0;
            byte** arguments = Plan.Pointers(command, us, 1);
            _child = Sys.Fork();
            if (_child == 0)
            {
                byte go = 0;
                Sys.Close(pipe[1]);
                Sys.Call(Nr.Read, pipe[0], (nint)(&go), 1);
                if (go == 1)
                {
                    byte* none = null;
                    Sys.Call(Nr.Execve, (nint)arguments[0], (nint)arguments, (nint)(&none));
                }

                Sys.Exit(127);
            }

            Sys.Close(pipe[0]);
            _tell = pipe[1];
            return _child;
        }

        /// <summary>Lets it run, or end, and answers EPERM when it did not succeed: what it printed says why.</summary>
        internal int Finish(bool go)
        {
            if (_child <= 0)
            {
                return 0;
            }

            // Told in words either way: the other helper has a copy of our end, so closing it would tell nothing.
            byte word = go ? (byte)1 : (byte)2;
            Sys.Call(Nr.Write, _tell, (nint)(&word), 1);
            Sys.Close(_tell);
            int status = Sys.Wait(_child);
            return status == 0 || !go ? 0 : status == 127 << 8 ? -E.NOENT : status < 0 ? status : -E.PERM;
        }
    }
}
