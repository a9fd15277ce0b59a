using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// What launches of one user, job and id map have in common: a user namespace and the mounts of images in it. A keeper hands
/// them out (`kerr-keeper`); the first launch starts it, and it ends with the last. Whatever goes wrong, the launch makes its own.
/// <code>
///   launch ──connect, "the image of this plan, please"──▶ keeper      both look at each other's user and PID namespace
///   launch ◀──its user namespace, a detached mount─────── keeper
/// </code>
/// </summary>
internal static unsafe class Sharing
{
    private const ulong Patience = 2_000_000_000;   // ns; a keeper that was stopped must not hold a launch up for longer
    private const int NameSize = 108;
    private const int Memory = 1, Processes = 2, Messages = 3;  // places in the answer for ranks
    private static Mounted s_mounted;
    private static Shared s_step;       // what ranks that are apart from all others have together

    /// <summary>The user namespace to enter, or −1.</summary>
    internal static int Users { get; private set; } = -1;

    /// <summary>Whether the launch makes one of its own below that.</summary>
    internal static bool Apart { get; private set; }

    /// <summary>Enters those namespaces of a step's ranks that are among the flags; answers the flags that remain to be left.</summary>
    internal static long EnterStep(ulong flags)
    {
        if (s_step.Of[Processes] <= 0)
        {
            return (long)flags;
        }

        int error = (flags & K.CloneNewProcesses) == 0 ? 0 : (int)Sys.Call(Nr.Setns, s_step.Of[Processes], K.CloneNewProcesses);
        error = error < 0 || (flags & K.CloneNewIpc) == 0 ? error : (int)Sys.Call(Nr.Setns, s_step.Of[Messages], K.CloneNewIpc);
        return error < 0 ? error : (long)(flags & ~(ulong)(K.CloneNewProcesses | K.CloneNewIpc));
    }

    /// <summary>The detached mount of the memory that a step's ranks share, which is the caller's from now on; −1 for none.</summary>
    internal static int TakeMemory()
    {
        int memory = s_step.Of[Memory] > 0 ? s_step.Of[Memory] : -1;
        s_step.Of[Memory] = 0;
        return memory;
    }

    internal static int Join(byte* step, int plan)
    {
        Audit.Tell(step);
        ulong until = Sys.Now() + Patience;
        int error;
        do
        {
            bool ours = false;
            int end = Connect(Plan.String(step, Step.Source));
            if (end == -E.CONNREFUSED)
            {
                ours = true;
                end = StartKeeper(step, plan);
            }

            error = end < 0 ? end : Ask(step, end, plan);
            Sys.Close(end);
            if (error == 0)
            {
                Apart = Plan.Has(step, ShareFlags.Apart);
                return 0;
            }

            Forget();
            if (ours && error is -E.PIPE or -E.CONNRESET)
            {
                return -E.NOENT; // the one that we started is gone: there is no point in starting another
            }

            // One that ends, or has not begun to listen, makes room or listens soon.
            Sys.Sleep(200_000);
        }
        while (error is -E.PIPE or -E.CONNRESET or -E.CONNREFUSED or -E.ADDRINUSE or -E.AGAIN && Sys.Now() < until);
        return error;
    }

    /// <summary>Whether the server of an index need not be started.</summary>
    internal static bool Has(ulong index) => Users >= 0 && s_mounted.Mount[index] > 0;

    /// <summary>The detached mount of a server, which is the caller's from now on; −1 for none.</summary>
    internal static int TakeMount(ulong index)
    {
        int mount = index < Images.MaximumServers && Has(index) ? s_mounted.Mount[index] : -1;
        if (mount >= 0)
        {
            s_mounted.Mount[index] = 0;
        }

        return mount;
    }

    /// <summary>
    /// A pidfd of the process at the other end of a socket when it is one of our user and in our user and PID namespaces: no guest
    /// of a container, which is in another of the first and, but for the keeper's own launches, knows nobody to ask.
    /// </summary>
    internal static int Verify(int end)
    {
        int* peer = stackalloc int[3]; // struct ucred: pid uid gid
        int process = -1;
        int size = 4;
        int exact = (int)Sys.Call(Nr.Getsockopt, end, K.SolSocket, K.PeerProcess, (nint)(&process), (nint)(&size));
        size = 12;
        int error = (int)Sys.Call(Nr.Getsockopt, end, K.SolSocket, K.PeerCredentials, (nint)peer, (nint)(&size));
        process = exact >= 0 || error < 0 ? process : (int)Sys.Call(Nr.PidfdOpen, peer[0], 0); // before 6.5
        error = error < 0 ? error : process < 0 ? process : peer[1] == (int)Sys.Call(Nr.Geteuid) ? 0 : -E.PERM;
        error = error < 0 ? error : SameNamespace((uint)peer[0], (byte*)"/ns/pid"u8.Start);
        error = error < 0 ? error : SameNamespace((uint)peer[0], (byte*)"/ns/user"u8.Start);

        // Still there: so its number was not another's while we looked.
        error = error < 0 ? error : Init.Heard(process) == 0 ? 0 : -E.PERM;
        if (error < 0)
        {
            Sys.Close(process);
        }

        return error < 0 ? error : process;
    }

    private static int SameNamespace(uint process, byte* name)
    {
        FileStatus ours = default;
        FileStatus theirs = default;
        byte* path = stackalloc byte[48];
        *Text.Copy(Text.Number(Text.Copy(path, (byte*)"/proc/"u8.Start), process), name) = 0;
        int error = FileStatus.Read(K.AtCwd, path, 0, &theirs);
        *Text.Copy(Text.Copy(path, (byte*)"/proc/self"u8.Start), name) = 0;
        error = error < 0 ? error : FileStatus.Read(K.AtCwd, path, 0, &ours);
        return error < 0 ? error : ours.SameFile(&theirs) ? 0 : -E.PERM;
    }

    private static int Connect(byte* name)
    {
        byte* address = stackalloc byte[2 + NameSize];
        long* patience = stackalloc long[2]; // struct timeval
        patience[0] = (long)(Patience / 1_000_000_000);
        patience[1] = 0;
        int end = Socket(name, address, out int length);
        int error = end < 0 ? end : (int)Sys.Call(Nr.Setsockopt, end, K.SolSocket, K.SendTimeout, (nint)patience, 16);
        error = error < 0 ? error : (int)Sys.Call(Nr.Setsockopt, end, K.SolSocket, K.ReceiveTimeout, (nint)patience, 16);
        error = error < 0 ? error : (int)Sys.Call(Nr.Connect, end, (nint)address, length);
        error = error < 0 ? error : Verify(end);
        Sys.Close(error);
        if (error < 0)
        {
            Sys.Close(end);
        }

        return error < 0 ? error : end;
    }

    /// <summary>Takes the name, which only one can, and starts the keeper on it; answers our end of a connection to it.</summary>
    private static int StartKeeper(byte* step, int plan)
    {
        byte* address = stackalloc byte[2 + NameSize];
        int* pair = stackalloc int[2];
        int socket = Socket(Plan.String(step, Step.Source), address, out int length);
        int error = socket < 0 ? socket : (int)Sys.Call(Nr.Bind, socket, (nint)address, length);
        error = error < 0 ? error : Sockets.Pair(pair);
        if (error < 0)
        {
            Sys.Close(socket);
            return error;
        }

        int forked = Orphans.Fork();
        if (forked == 0)
        {
            Become(step, plan, socket, pair[1]);
        }

        Sys.Close(socket);
        Sys.Close(pair[1]);
        if (forked < 0)
        {
            Sys.Close(pair[0]);
        }

        return forked < 0 ? forked : pair[0];
    }

    /// <summary>Executes the keeper.</summary>
    private static void Become(byte* step, int plan, int socket, int end)
    {
        byte* kept = stackalloc byte[12];
        *(uint*)kept = 2;
        *(uint*)(kept + 4) = (uint)plan;
        *(uint*)(kept + 8) = (uint)socket;
        int error = Orphans.Settle(end, kept);
        byte** arguments = stackalloc byte*[5];
        byte* none = null;
        arguments[0] = (byte*)"kerr-keeper"u8.Start;
        arguments[1] = Number(plan);
        arguments[2] = Number(socket);
        arguments[3] = Number(end);
        arguments[4] = null;
        if (error == 0)
        {
            Sys.Call(Nr.Execve, (nint)Plan.String(step, Step.Target), (nint)arguments, (nint)(&none));
        }

        Sys.Exit(127);
    }

    /// <summary>A descriptor's number as text; it stays open at exec.</summary>
    private static byte* Number(int descriptor)
    {
        byte* text = Arena.Take(16);
        *Text.Number(text, (ulong)descriptor) = 0;
        Sys.Fcntl(descriptor, K.SetDescriptorFlags);
        return text;
    }

    /// <summary>Asks for each image of the step, or for the namespace alone.</summary>
    private static int Ask(byte* step, int end, int plan)
    {
        byte* keys = Plan.Reference(step, Step.Data);
        byte* servers = Plan.Reference(step, Step.Extra);
        uint count = Plan.Count(servers);
        int error = count == 0 || Plan.Has(step, ShareFlags.Together) ? Exchange(step, end, SharingFormat.NoImage, null, null, plan, -1) : 0;
        for (uint i = 0; i < count && error == 0; i++)
        {
            uint index = Plan.Number(servers, i);
            byte* server = Find(StepKind.FuseServer, index);
            byte* mount = Find(StepKind.MountFuse, index);
            byte* kept = server == null ? null : Plan.Reference(server, Step.More);
            error = mount == null || Plan.Count(kept) == 0 ? -E.INVAL
                : Exchange(step, end, index, Plan.Item(keys, i), mount, plan, (int)Plan.Number(kept, 0));
        }

        return error;
    }

    private static int Exchange(byte* step, int end, uint index, byte* key, byte* mount, int plan, int image)
    {
        byte* request = stackalloc byte[SharingFormat.RequestSize];
        int* descriptors = stackalloc int[Sockets.MostDescriptors];
        byte* to = request + SharingFormat.Text;
        byte* options = mount == null ? null : Plan.String(mount, Step.Data);
        if ((key == null ? 0 : Text.Length(key)) + (options == null ? 0 : Text.Length(options)) > SharingFormat.RequestSize - SharingFormat.Text - 2)
        {
            return -E.NAMETOOLONG;
        }

        to = key == null ? to : Text.Copy(to, key);
        *to++ = 0;
        *(uint*)(request + SharingFormat.Options) = (uint)(to - request);
        to = options == null ? to : Text.Copy(to, options);
        *to++ = 0;
        *(ulong*)request = SharingFormat.Magic;
        *(uint*)(request + SharingFormat.Server) = index;
        *(ulong*)(request + SharingFormat.Users) = Plan.U64(step, Step.Flags);
        *(ulong*)(request + SharingFormat.Flags) = mount == null ? 0 : Plan.U64(mount, Step.Flags);
        descriptors[0] = plan;
        descriptors[1] = image;
        int status = 0;
        int error = Sockets.Send(end, request, (nint)(to - request), descriptors, image < 0 ? 1 : 2);
        for (int i = 0; i < Sockets.MostDescriptors; i++)
        {
            descriptors[i] = -1; // what we sent stays ours, also when nobody was there
        }

        error = error < 0 ? error : Sockets.Receive(end, &status, 4, descriptors);
        error = error < 0 ? error : error == 0 ? -E.PIPE : error != 4 ? -E.INVAL : status;
        bool ranks = image < 0 && Plan.Has(step, ShareFlags.Together);
        bool whole = error == 0 && descriptors[0] >= 0 && (image < 0 || descriptors[1] >= 0) && (!ranks || descriptors[Messages] >= 0);
        if (!whole)
        {
            for (int i = 0; i < Sockets.MostDescriptors; i++)
            {
                Sys.Close(descriptors[i]);
            }

            return error < 0 ? error : -E.INVAL;
        }

        Sys.Close(Users);
        Users = descriptors[0];
        if (image >= 0)
        {
            s_mounted.Mount[index] = descriptors[1];
        }
        else
        {
            for (int i = 0; i < Sockets.MostDescriptors; i++)
            {
                s_step.Of[i] = descriptors[i];
            }
        }

        return 0;
    }

    private static byte* Find(StepKind kind, uint index)
    {
        for (uint i = 0; i < Plan.StepCount; i++)
        {
            byte* step = Plan.StepAt(i);
            if (Plan.Kind(step) == kind && Plan.U64(step, Step.Number2) == index)
            {
                return step;
            }
        }

        return null;
    }

    private static void Forget()
    {
        Sys.Close(Users);
        Users = -1;
        s_step.Of[Processes] = s_step.Of[Memory] = 0; // what was there closes at exec
        for (int i = 0; i < Images.MaximumServers; i++)
        {
            int mount = s_mounted.Mount[i];
            if (mount > 0)
            {
                Sys.Close(mount);
            }

            s_mounted.Mount[i] = 0;
        }
    }

    /// <summary>A socket, and the address of a name that is no file (an abstract one): it goes with the last who has it.</summary>
    private static int Socket(byte* name, byte* address, out int length)
    {
        *(ushort*)address = 1; // AF_UNIX
        address[2] = 0;
        nint most = NameSize - 1;
        nint size = Text.Length(name);
        size = size > most ? most : size;
        Text.Copy(address + 3, name, size);
        length = (int)size + 3;
        return (int)Sys.Call(Nr.Socket, 1, 5 | O.CloseOnExec);
    }

    private struct Mounted
    {
        internal fixed int Mount[(int)Images.MaximumServers];
    }

    private struct Shared
    {
        internal fixed int Of[Sockets.MostDescriptors];
    }
}
