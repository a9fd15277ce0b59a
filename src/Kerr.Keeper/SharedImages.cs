using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The images that have a mount: which file and part of it, who serves it, how many launches use it.</summary>
internal static unsafe class SharedImages
{
    /// <summary>How many there can be at once; one more is not shared.</summary>
    internal const int Most = 64;

    // What names a mount: device, inode, size, time of change of the file, mount flags; then key and options of the request.
    private const int IdentitySize = 56, NameSize = IdentitySize + SharingFormat.RequestSize;
    private static byte* s_names;
    private static Table s_length;      // of a name; 0: nothing here
    private static Table s_users;
    private static Table s_server;      // pidfd
    private static Table s_id;          // of the mount
    private static Table s_spare;       // a detached mount for the next launch; 0: none yet, negative: none to be had
    private static int s_last;
    private static byte* s_home;        // path of the image server

    /// <summary>One more than the last that is used. Fewer are polled than there can be: the kernel counts them against the limit of open files.</summary>
    internal static int Count
    {
        get
        {
            int count = Most;
            while (count > 0 && s_length.At[count - 1] == 0)
            {
                count--;
            }

            return count;
        }
    }

    /// <summary>What tells that an image's server ended; −1 for none.</summary>
    internal static int ServerOf(int image) => s_length.At[image] == 0 ? -1 : s_server.At[image];

    /// <summary>A detached mount of the image that a request names, made when it is not there; marks it as used.</summary>
    internal static int Take(byte* request, int length, int plan, int file, ref ulong uses)
    {
        byte* name = stackalloc byte[NameSize];
        int error = Name(request, length, file, name);
        if (error < 0)
        {
            return error;
        }

        int size = IdentitySize + length - SharingFormat.Text;
        int image = Find(name, size);
        if (image < 0)
        {
            image = Make(request, plan, file, name, size);
        }

        int mount = image < 0 ? image : s_spare.At[image] > 0 ? s_spare.At[image] : Holder.CloneMount((ulong)s_id.At[image]);
        if (image >= 0 && mount < 0 && s_users.At[image] == 0)
        {
            Forget(image);
        }

        if (mount >= 0)
        {
            s_spare.At[image] = 0;
            s_users.At[image] += (uses >> image & 1) == 0 ? 1 : 0;
            uses |= 1UL << image;
        }

        return mount;
    }

    /// <summary>Whether a launch that came now would have to wait for a mount to be copied: two changes of process more.</summary>
    internal static bool WantSpares
    {
        get
        {
            bool want = false;
            for (int i = 0; i < Most; i++)
            {
                want |= WantsSpare(i);
            }

            return want;
        }
    }

    /// <summary>Copies, while nobody waits, the mounts that the next launches will ask for.</summary>
    internal static void MakeSpares()
    {
        for (int i = 0; i < Most; i++)
        {
            s_spare.At[i] = WantsSpare(i) ? Holder.CloneMount((ulong)s_id.At[i]) : s_spare.At[i];
        }
    }

    private static bool WantsSpare(int image) => s_length.At[image] != 0 && s_server.At[image] >= 0 && s_spare.At[image] == 0;

    private static void DropSpare(int image)
    {
        if (s_spare.At[image] > 0)
        {
            Sys.Close(s_spare.At[image]);
        }

        s_spare.At[image] = 0;
    }

    /// <summary>One launch fewer uses it.</summary>
    internal static void Leave(int image)
    {
        if (--s_users.At[image] == 0)
        {
            Forget(image);
        }
    }

    /// <summary>What runs has lost its image; what starts gets another mount.</summary>
    internal static void ServerEnded(int image)
    {
        DropSpare(image);
        Holder.DropMount((ulong)s_id.At[image]);
        Sys.Close(s_server.At[image]);
        s_server.At[image] = -1;
        *(s_names + (image * NameSize)) ^= 0xFF; // nobody asks for this one any more
    }

    private static void Forget(int image)
    {
        DropSpare(image);
        if (s_server.At[image] >= 0)
        {
            Holder.DropMount((ulong)s_id.At[image]);
            Sys.Close(s_server.At[image]);
        }

        s_length.At[image] = 0;
    }

    private static int Name(byte* request, int length, int file, byte* name)
    {
        FileStatus status = default;
        int error = file < 0 ? -E.INVAL : FileStatus.Read(file, &status);
        status.Identify((ulong*)name);
        *(ulong*)(name + IdentitySize - 8) = *(ulong*)(request + SharingFormat.Flags);
        Text.Copy(name + IdentitySize, request + SharingFormat.Text, length - SharingFormat.Text);
        return error;
    }

    private static int Find(byte* name, int size)
    {
        for (int i = 0; i < Most; i++)
        {
            if (s_length.At[i] == size && Text.Equal(s_names + (i * NameSize), name, size))
            {
                return i;
            }
        }

        return -1;
    }

    private static int Make(byte* request, int plan, int file, byte* name, int size)
    {
        int image = 0;
        while (image < Most && s_length.At[image] != 0)
        {
            image++;
        }

        if (image == Most)
        {
            return -E.NOSPC;
        }

        if (s_names == null)
        {
            s_names = (byte*)Sys.Call(Nr.Mmap, 0, Most * NameSize, 3, 0x22, -1, 0);
        }

        // The server starts before its mount is made, so that both take their time at once.
        int id = ++s_last;
        int* ends = stackalloc int[2];
        int error = Sockets.Pair(ends);
        if (error < 0)
        {
            return error;
        }

        int process = Start(plan, *(uint*)(request + SharingFormat.Server), file, ends[1]);
        Sys.Close(ends[1]);
        int server = process < 0 ? process : (int)Sys.Call(Nr.PidfdOpen, process, 0);
        int device = server < 0 ? server : Holder.MountFuse((ulong)id, *(ulong*)(request + SharingFormat.Flags), request + *(uint*)(request + SharingFormat.Options));
        byte word = 1;
        error = device < 0 ? device : Sockets.Send(ends[0], &word, 1, &device, 1);
        Sys.Close(ends[0]);
        Sys.Close(device);
        if (error < 0)
        {
            Holder.DropMount((ulong)id);
            Sys.Close(server);
            server = error;
        }

        if (server >= 0)
        {
            Text.Copy(s_names + (image * NameSize), name, size);
            s_length.At[image] = size;
            s_users.At[image] = 0;
            s_server.At[image] = server;
            s_id.At[image] = id;
        }

        return server < 0 ? server : image;
    }

    /// <summary>Starts the server that a launch's plan names, which gets its device by a socket.</summary>
    private static int Start(int plan, uint index, int file, int end)
    {
        int child = Sys.Fork(K.SigChild);
        if (child == 0)
        {
            Plan.Open(plan);
            for (uint i = 0; i < Plan.StepCount; i++)
            {
                byte* step = Plan.StepAt(i);
                if (Plan.Kind(step) == StepKind.FuseServer && Plan.U64(step, Step.Number2) == index && IsOurs(Plan.Reference(step, Step.Data)))
                {
                    FuseServers.Become(step, file, end);
                }
            }

            Sys.Exit(127);
        }

        return child;
    }

    /// <summary>Notes the directory of the keeper that the first plan names: there the server is.</summary>
    internal static bool RememberHome()
    {
        for (uint i = 0; i < Plan.StepCount; i++)
        {
            byte* step = Plan.StepAt(i);
            if (Plan.Kind(step) == StepKind.Share)
            {
                byte* keeper = Plan.String(step, Step.Target);
                s_home = Arena.Take(Text.Length(keeper) + 32);
                byte* end = Text.Copy(s_home, keeper);
                while (end > s_home && *(end - 1) != '/')
                {
                    end--;
                }

                *Text.Copy(end, (byte*)"kerr-image-server"u8.Start) = 0;
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a command line is that of our image server: plans come from others.</summary>
    private static bool IsOurs(byte* command)
    {
        byte* program = Plan.Count(command) == 0 ? null : Plan.Item(command, 0);
        return program != null && Text.Equal(program, s_home, Text.Length(s_home) + 1);
    }

    private struct Table
    {
        internal fixed int At[Most];
    }
}
