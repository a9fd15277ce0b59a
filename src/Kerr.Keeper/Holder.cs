using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The process that has the user namespace of the mounts, and nothing but a mount namespace with a tmpfs in which each image has its mount. It
/// does what the keeper says and ends with it; when it ends, the mounts that no launch uses end, too. No payload is ever in its user
/// namespace: who is root of one below cannot reach it.
/// <code>
///   host's ── of the mounts (holder) ─┬─ shared by launches, which can look into each other
///                                     ├─ shared by ranks that have a PID namespace (<see cref="Ranks"/>)
///                                     └─ one for each launch that is apart
/// </code>
/// </summary>
internal static unsafe class Holder
{
    private const int CommandSize = 24 + SharingFormat.RequestSize;     // what@0 id@8 flags@16 options@24
    private const ulong Mount = 1, Clone = 2, Drop = 3, Memory = 4;
    private static int s_end = -1;
    private static int s_process = -1;
    private static int s_users = -1;
    private static int s_sharedUsers = -1;

    /// <summary>The user namespace of the mounts, open: launches that are apart make theirs below it.</summary>
    internal static int Users
    {
        get
        {
            Await();
            return s_users;
        }
    }

    /// <summary>The one below it that launches share; made when it is first asked for.</summary>
    internal static int SharedUsers
    {
        get
        {
            s_sharedUsers = s_sharedUsers < 0 ? OpenShared() : s_sharedUsers;
            return OrEnd(s_sharedUsers);
        }
    }

    /// <summary>The keeper's end; it hangs up when the holder is gone. −1 until the holder has been waited for.</summary>
    internal static int End => s_users < 0 ? -1 : s_end;

    /// <summary>Forks the holder, which goes where it should be while the keeper goes on.</summary>
    internal static int Start()
    {
        int* pair = stackalloc int[2];
        int error = Sockets.Pair(pair);
        s_process = error < 0 ? error : Sys.Fork(K.SigChild);
        if (s_process == 0)
        {
            Sys.Close(pair[0]);
            s_end = pair[1];
            Serve(Settle());
        }

        Sys.Close(pair[1]);
        s_end = pair[0];
        return s_process;
    }

    private static void Await()
    {
        if (s_users < 0)
        {
            int ready = Answer(out int none);
            Sys.Close(none);
            byte* path = stackalloc byte[48];
            Text.Copy(Text.Number(Text.Copy(path, (byte*)"/proc/"u8.Start), (ulong)s_process), "/ns/user"u8, 9);
            s_users = OrEnd(ready < 0 ? ready : Sys.OpenAt(K.AtCwd, path, O.ReadOnly));
        }
    }

    /// <summary>Without these there is nothing to keep, and launches make their own.</summary>
    internal static int OrEnd(int descriptor)
    {
        if (descriptor < 0)
        {
            Sys.Exit(255);
        }

        return descriptor;
    }

    /// <summary>Makes the user namespace of the launches by a child that goes there and ends when its namespace is open.</summary>
    private static int OpenShared()
    {
        int above = Users; // asked for here: a child that waited for the holder would take its answer from us
        int* pair = stackalloc int[2];
        int word = 0;
        int error = Sockets.Pair(pair);
        int child = error < 0 ? error : Sys.Fork(K.SigChild);
        if (child == 0)
        {
            byte* unshare = Find(StepKind.Unshare);
            error = (int)Sys.Call(Nr.Setns, above, K.CloneNewUser);
            error = error < 0 ? error : Namespaces.Unshare(unshare, K.CloneNewUser);
            Sys.Close(pair[0]);
            Sys.Call(Nr.Write, pair[1], (nint)(&error), 4);
            Sys.Call(Nr.Read, pair[1], (nint)(&word), 4); // until the other end closes
            Sys.Exit(0);
        }

        Sys.Close(pair[1]);
        error = child < 0 ? child : Sys.Call(Nr.Read, pair[0], (nint)(&error), 4) == 4 ? error : -E.PIPE;
        byte* path = stackalloc byte[48];
        Text.Copy(Text.Number(Text.Copy(path, (byte*)"/proc/"u8.Start), (ulong)child), "/ns/user"u8, 9);
        int users = error < 0 ? error : Sys.OpenAt(K.AtCwd, path, O.ReadOnly);
        Sys.Close(pair[0]);
        if (child > 0)
        {
            Sys.Wait(child);
        }

        return users;
    }

    /// <summary>Mounts FUSE under a number and answers its /dev/fuse.</summary>
    internal static int MountFuse(ulong id, ulong flags, byte* options) => Tell(Mount, id, flags, options);

    /// <summary>A detached copy of a mount.</summary>
    internal static int CloneMount(ulong id) => Tell(Clone, id, 0, null);

    /// <summary>A detached copy of the memory that ranks have in the place of /dev/shm; made when it is first asked for.</summary>
    internal static int CloneMemory() => Tell(Memory, 0, 0, null);

    /// <summary>Lets go of a mount.</summary>
    internal static void DropMount(ulong id) => Sys.Close(Tell(Drop, id, 0, null));

    private static int Tell(ulong what, ulong id, ulong flags, byte* options)
    {
        Await();
        byte* command = stackalloc byte[CommandSize];
        *(ulong*)command = what;
        *(ulong*)(command + 8) = id;
        *(ulong*)(command + 16) = flags;
        int length = options == null ? 0 : Text.Length(options);
        command[24] = 0;
        if (options != null)
        {
            *Text.Copy(command + 24, options, length) = 0;
        }

        int descriptor = -1;
        int error = Sockets.Send(s_end, command, 25 + length, null, 0);
        error = error < 0 ? error : Answer(out descriptor);
        return error < 0 ? error : descriptor;
    }

    private static int Answer(out int descriptor)
    {
        int* descriptors = stackalloc int[Sockets.MostDescriptors];
        int status = 0;
        int received = Sockets.Receive(s_end, &status, 4, descriptors);
        descriptor = descriptors[0];
        return received == 4 ? status : received < 0 ? received : -E.PIPE;
    }

    /// <summary>Makes the namespaces, a tmpfs as the only thing in sight, and in it the device of FUSE.</summary>
    private static int Settle()
    {
        Sys.Prctl(K.PrSetName, (nint)"kerr-holder"u8.Start);
        Descriptors.CloseAllBut(3, s_end);
        byte* unshare = Find(StepKind.Unshare);
        byte* session = Find(StepKind.Session);
        int error = unshare == null || session == null ? -E.INVAL : Namespaces.Unshare(unshare, K.CloneNewUser | K.CloneNewMounts);
        error = error < 0 ? error : Session.Make(session);
        int device = error < 0 ? error : Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.Path);
        error = device < 0 ? device : Session.Write((byte*)"fuse"u8.Start, null, 0, 0x180);
        int place = error < 0 ? error : Sys.OpenAt(Session.Directory, "fuse"u8, O.Path | O.NoFollow);
        error = place < 0 ? place : Mounts.Bind(device, place, 0, Session.Directory, (byte*)"fuse"u8.Start);
        Sys.Close(device);
        Sys.Close(place);
        return error < 0 ? error : Session.Shut();
    }

    private static void Serve(int error)
    {
        byte* command = stackalloc byte[CommandSize];
        int* descriptors = stackalloc int[Sockets.MostDescriptors];
        int device = -1;
        Sockets.Send(s_end, &error, 4, null, 0);
        while (error == 0)
        {
            int received = Sockets.Receive(s_end, command, CommandSize - 1, descriptors);
            if (received < 25)
            {
                break;
            }

            command[received] = 0;
            byte* mark = Arena.Mark();
            int done = Do(*(ulong*)command, *(ulong*)(command + 8), *(ulong*)(command + 16), command + 24, ref device);
            Arena.Release(mark);
            int status = done < 0 ? done : 0;
            error = Sockets.Send(s_end, &status, 4, &done, done > 0 ? 1 : 0);
            error = error < 0 ? error : 0;
            Sys.Close(done > 0 ? done : -1);
        }

        Sys.Exit(0);
    }

    /// <summary>Carries out one command; answers a descriptor to pass on, 0 for none.</summary>
    private static int Do(ulong what, ulong id, ulong flags, byte* options, ref int device)
    {
        byte* name = stackalloc byte[24];
        *Text.Number(name, id) = 0;
        switch (what)
        {
            case Mount:
                device = Sys.OpenAt(Session.Directory, "fuse"u8, O.ReadWrite);
                int error = device < 0 ? device : Sys.MakeDirectory(Session.Directory, name, 0x1C0);
                int target = error < 0 ? error : Sys.OpenAt(Session.Directory, name, O.Path | O.Directory | O.NoFollow);
                int made = target < 0 ? target : Mounts.NewFileSystem((byte*)"fuse"u8.Start, Images.Options(options, device), flags, (byte*)"kerr"u8.Start);
                error = made < 0 ? made : Mounts.Attach(made, target);
                Sys.Close(made);
                Sys.Close(target);
                if (error < 0)
                {
                    Sys.Close(device);
                }

                return error < 0 ? error : device;
            case Clone:
                return (int)Sys.Call(Nr.OpenTree, Session.Directory, (nint)name, K.OpenTreeClone | O.CloseOnExec);
            case Memory:
                return SharedMemory.Copy();
            case Drop:
                Sys.Call(Nr.Umount2, (nint)name, K.UmountDetach);
                return (int)Sys.Call(Nr.Unlinkat, Session.Directory, (nint)name, K.AtRemoveDirectory);
            default:
                return -E.INVAL;
        }
    }

    internal static byte* Find(StepKind kind)
    {
        for (uint i = 0; i < Plan.StepCount; i++)
        {
            if (Plan.Kind(Plan.StepAt(i)) == kind)
            {
                return Plan.StepAt(i);
            }
        }

        return null;
    }
}
