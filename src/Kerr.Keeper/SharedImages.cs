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
    private static int s_last;

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

        int mount = image < 0 ? image : Holder.CloneMount((ulong)s_id.At[image]);
        if (image >= 0 && mount < 0 && s_users.At[image] == 0)
        {
            Forget(image);
        }

        if (mount >= 0 && (uses >> image & 1) == 0)
        {
            uses |= 1UL << image;
            s_users.At[image]++;
        }

        return mount;
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
        Holder.DropMount((ulong)s_id.At[image]);
        Sys.Close(s_server.At[image]);
        s_server.At[image] = -1;
        *(s_names + (image * NameSize)) ^= 0xFF; // nobody asks for this one any more
    }

    private static void Forget(int image)
    {
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
                if (Plan.Kind(step) == StepKind.FuseServer && Plan.U64(step, Step.Number2) == index)
                {
                    FuseServers.Become(step, file, end);
                }
            }

            Sys.Exit(127);
        }

        return child;
    }

    private struct Table
    {
        internal fixed int At[Most];
    }
}
