using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Mounts images: by a kernel driver over a loop device, or by a FUSE server that waits outside.</summary>
internal static unsafe class Images
{
    internal const uint MaximumServers = 16;
    private const int LoopConfigSize = 304;
    private static Ends s_servers;

    internal static int MountLoop(byte* step)
    {
        Audit.Tell(step);
        int target = Sys.OpenAt(Session.Directory, Session.Name(step, Step.Target), O.Path | O.Directory | O.NoFollow);
        if (Half.Asks)
        {
            return target < 0 ? target
                : Asking.Ask(Request.KernelImage, Plan.U64(step, Step.Number2), Plan.U64(step, Step.Number3), 0, (int)Plan.U64(step, Step.Number), target, -1, out _);
        }

        byte* device = Arena.Take(32);
        int loop = target < 0 ? target : Attach(step, device);
        int error = loop < 0 ? loop : 0;
        if (loop >= 0)
        {
            byte* type = Plan.String(step, Step.Data);
            ulong flags = Plan.U64(step, Step.Flags);
            int made = Mounts.NewFileSystem(type, null, flags, device);
            error = made == -E.NOSYS ? Sys.Mount(device, Text.DescriptorPath(target), type, OldMounts.Flags(flags), null)
                : made < 0 ? made : Mounts.Attach(made, target);
            Sys.Close(made);
        }

        Sys.Close(loop); // the mount holds the device now; without one, it frees itself here
        Sys.Close(target);
        return error;
    }

    internal static int MountFuse(byte* step)
    {
        Audit.Tell(step);
        int number = (int)Plan.U64(step, Step.Number);
        ulong server = Plan.U64(step, Step.Number2);
        int target = Mounts.OpenTarget(step, -1);
        if (target < 0)
        {
            return target;
        }

        if (Half.Asks)
        {
            int asked = Asking.MountFuse(step, target, out int opened);
            Sys.Close(opened);
            Sys.Close(target);
            return asked;
        }

        int shared = Sharing.TakeMount(server);
        if (shared >= 0)
        {
            int attached = Mounts.Attach(shared, target);
            Sys.Close(shared);
            Sys.Close(target);
            return attached;
        }

        // The kernel wants the device opened in the user namespace of the mount, so ours is opened here unless one was given.
        bool given = Descriptors.WasGiven(number) && !Namespaces.OwnUsers;
        int device = given ? number : Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.ReadWrite);
        int error = device < 0 ? device : Mount(step, device, target);
        if (error == 0 && server != ulong.MaxValue)
        {
            error = FuseServers.Release(s_servers.End[server], device);
            s_servers.End[server] = 0;
            Sys.Close(device);
        }
        else if (error == 0 && !given)
        {
            error = Sys.Fcntl(number, K.GetDescriptorFlags) >= 0 && !Descriptors.WasGiven(number) ? -E.BUSY : (int)Sys.Call(Nr.Dup3, device, number);
            error = error > 0 ? 0 : error;
            Sys.Close(device);
        }

        Sys.Close(target);
        return error;
    }

    /// <summary>
    /// Has a server merge the layers, where the kernel refuses the upper one. It is let go when its mount exists but before that is
    /// attached: the server's copy of our mounts must not have it.
    /// </summary>
    internal static int MountOverlay(byte* step, System.ReadOnlySpan<byte> place)
    {
        FileStatus status = default;
        ulong server = Plan.U64(step, Step.Number2);
        int target = Sys.OpenAt(Session.Directory, place, O.Path | O.Directory | O.NoFollow);
        int device = target < 0 ? target : Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.ReadWrite);
        int made = device < 0 ? device : Mounts.NewFileSystem(
            (byte*)"fuse"u8.Start, Options(Plan.String(step, Step.Target), device), Root.Attributes(step), (byte*)"fuse-overlayfs"u8.Start);
        int error = made < 0 ? made : FuseServers.Release(s_servers.End[server], device, enter: true);
        s_servers.End[server] = made < 0 ? s_servers.End[server] : 0;
        error = error < 0 ? error : Mounts.Attach(made, target);
        Sys.Close(device); // the server's is the only one now: when it ends, whoever waits for it is told
        error = error < 0 ? error : FileStatus.Read(made, &status); // waits for its answer: it may have refused the layers
        Sys.Close(made);
        Sys.Close(target);
        return error;
    }

    internal static int StartServer(byte* step)
    {
        if (Sharing.Has(Plan.U64(step, Step.Number2)))
        {
            return 0;
        }

        Audit.Tell(step);
        int end = FuseServers.Start(step);
        if (Half.Asks && end > 0)
        {
            return Asking.LeaveServer(Plan.U64(step, Step.Number2), end);
        }

        if (end > 0)
        {
            s_servers.End[Plan.U64(step, Step.Number2)] = end;
        }

        return end < 0 ? end : 0;
    }

    /// <summary>Takes the ends of servers that the half before us left in a socket.</summary>
    internal static void AdoptServers(int socket)
    {
        const int DontWait = 0x40;
        int* given = stackalloc int[Sockets.MostDescriptors];
        ulong server;
        while (Sockets.Receive(socket, &server, sizeof(ulong), given, DontWait) == sizeof(ulong))
        {
            if (server < MaximumServers)
            {
                s_servers.End[server] = given[0];
            }
        }

        Sys.Close(socket);
    }

    /// <summary>Lets go a server whose end was adopted.</summary>
    internal static int ReleaseServer(ulong server, int device) =>
        server >= MaximumServers || s_servers.End[server] <= 0 ? -E.NOENT : FuseServers.Release(s_servers.End[server], device);

    /// <summary>The descriptors by which servers are released; answers how many.</summary>
    internal static uint ListServers(uint* numbers)
    {
        uint count = 0;
        for (int i = 0; i < MaximumServers; i++)
        {
            if (s_servers.End[i] > 0)
            {
                numbers[count++] = (uint)s_servers.End[i];
            }
        }

        return count;
    }

    /// <summary>
    /// Waits until the servers have ended, but not for ever: a process that the payload left behind may use the mount. Those that
    /// were never released end now.
    /// </summary>
    internal static void AwaitServers(bool wanted)
    {
        long* poll = stackalloc long[3];
        ulong until = Sys.Now() + 30_000_000_000;
        for (int i = 0; wanted && i < MaximumServers; i++)
        {
            ulong now = Sys.Now();
            poll[0] = (uint)s_servers.End[i]; // struct pollfd: fd@0, events@4, revents@6; then a timespec
            poll[1] = now < until ? (long)(until - now) / 1_000_000_000 : 0;
            poll[2] = now < until ? (long)(until - now) % 1_000_000_000 : 0;
            if (s_servers.End[i] > 0 && Sys.Call(Nr.Shutdown, s_servers.End[i], 1) >= 0)
            {
                Sys.Call(Nr.Ppoll, (nint)poll, 1, (nint)(poll + 1));
            }
        }
    }

    private static int Mount(byte* step, int device, int target)
    {
        byte* all = Options(Plan.String(step, Step.Data), device);
        ulong flags = Plan.U64(step, Step.Flags);
        byte* source = Plan.String(step, Step.Source);
        source = source == null ? (byte*)"kerr"u8.Start : source;
        int made = Mounts.NewFileSystem((byte*)"fuse"u8.Start, all, flags, source);
        if (made == -E.NOSYS)
        {
            return Sys.Mount(source, Text.DescriptorPath(target), "fuse"u8, OldMounts.Flags(flags), all);
        }

        int error = made < 0 ? made : Mounts.Attach(made, target);
        Sys.Close(made);
        return error;
    }

    /// <summary>Options behind our own fd=.</summary>
    internal static byte* Options(byte* options, int device)
    {
        if (options != null && Text.Starts(options, "fd="u8))
        {
            byte* comma = Text.Find(options, (byte)','); // the number of the plan's own; ours may be another
            options = comma == null ? null : comma + 1;
        }

        byte* all = Arena.Take((options == null ? 0 : Text.Length(options)) + 32);
        byte* end = Text.Number(Text.Copy(all, (byte*)"fd="u8.Start), (ulong)device);
        if (options != null && *options != 0)
        {
            *end++ = (byte)',';
            end = Text.Copy(end, options);
        }

        *end = 0;
        return all;
    }

    /// <summary>Gives the image a free loop device and opens it; another may take the free one first, so several are tried.</summary>
    private static int Attach(byte* step, byte* device)
    {
        byte* most = Plan.String(step, Step.Extra);
        long tries = most == null ? 256 : Text.ParseNumber(most);
        bool readOnly = Plan.Has(step, MountFlags.ReadOnly);
        int control = Sys.OpenAt(K.AtCwd, "/dev/loop-control"u8, O.ReadWrite);
        int error = control < 0 ? control : -E.BUSY;
        for (long i = 0; i < tries && error == -E.BUSY; i++)
        {
            int free = Sys.Ioctl(control, K.LoopGetFree, null);
            if (free < 0 || free >= tries)
            {
                error = free < 0 ? free : -E.NOSPC;
                break;
            }

            *Text.Number(Text.Copy(device, (byte*)"/dev/loop"u8.Start), (ulong)free) = 0;
            int loop = Sys.OpenAt(K.AtCwd, device, readOnly ? O.ReadOnly : O.ReadWrite);
            error = loop < 0 ? loop : Configure(step, loop, readOnly);
            if (error == 0)
            {
                Sys.Close(control);
                return loop;
            }

            Sys.Close(loop);
        }

        Sys.Close(control);
        return error;
    }

    private static int Configure(byte* step, int loop, bool readOnly)
    {
        // struct loop_config: fd@0 block_size@4, then loop_info64@8: offset@24 sizelimit@32 flags@52 of it
        byte* config = stackalloc byte[LoopConfigSize];
        for (int i = 0; i < LoopConfigSize; i++)
        {
            config[i] = 0;
        }

        *(uint*)config = (uint)Plan.U64(step, Step.Number);
        *(ulong*)(config + 8 + 24) = Plan.U64(step, Step.Number2);
        *(ulong*)(config + 8 + 32) = Plan.U64(step, Step.Number3);
        *(uint*)(config + 8 + 52) = (uint)(K.LoopAutoClear | (readOnly ? K.LoopReadOnly : 0));
        int error = Sys.Ioctl(loop, K.LoopConfigure, config);
        if (error is not (-E.INVAL or -E.NOTTY))
        {
            return error;
        }

        // Before 5.8: in two calls.
        error = (int)Sys.Call(Nr.Ioctl, loop, K.LoopSetFd, *(int*)config);
        if (error == 0)
        {
            error = Sys.Ioctl(loop, K.LoopSetStatus, config + 8);
            if (error < 0)
            {
                Sys.Call(Nr.Ioctl, loop, K.LoopClear);
            }
        }

        return error;
    }

    private struct Ends
    {
        internal fixed int End[(int)MaximumServers];
    }
}
