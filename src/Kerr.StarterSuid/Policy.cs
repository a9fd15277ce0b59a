using System;

namespace Kerr.Starter;

/// <summary>
/// What the administrator decided, asked of descriptors. It binds the setuid mode: in a user namespace of their own users can step around all of it, but never
/// get the kernel to mount an image.
/// </summary>
internal static unsafe class Policy
{
    private static int s_processes;
    private static SitePaths s_limits;  // `limit container paths`
    private static SitePaths s_binds;   // what may be bound with `user bind control = no`: what is shown unasked, and what the launch made itself

    /// <summary>Before anything of the user's is mounted: a view of /proc that nothing can be mounted on later.</summary>
    internal static int Begin()
    {
        const int Clone = K.OpenTreeClone | O.CloseOnExec;
        s_processes = (int)Sys.Call(Nr.OpenTree, K.AtCwd, (nint)"/proc"u8.Start, Clone);
        return s_processes < 0 ? s_processes : (int)Sys.Call(Nr.Fchdir, s_processes);
    }

    /// <summary>Follows the administrator's paths, as the user; while nothing of the user's is mounted.</summary>
    internal static void FollowPaths()
    {
        s_limits.Follow(ref Configuration.Read.Limits);
        if (!Configuration.Has(Switch.UserBind | Switch.HostFileSystems))
        {
            s_binds.Follow(ref Configuration.Read.Binds);
        }
    }

    /// <summary>Lets what lies below an open place be bound.</summary>
    internal static int AllowBinds(int place)
    {
        byte* path = stackalloc byte[Trust.PathSize];
        int error = PathOf(place, path);
        return error < 0 ? error : s_binds.Add(Slice.Of(path)) ? 0 : -E.NAMETOOLONG;
    }

    /// <summary>Whether an image may be run: by what it is, who owns it, and where it lies. Answers EACCES when not.</summary>
    internal static int CheckImage(int image, uint kind)
    {
        byte* path = stackalloc byte[Trust.PathSize];
        FileStatus status = default;
        int error = FileStatus.Read(image, &status);
        error = error < 0 ? error : PathOf(image, path);
        if (error < 0)
        {
            return error;
        }

        ref Configuration read = ref Configuration.Read;
        bool place = read.Limits.IsEmpty || (s_limits.Has(path) && LeadsTo(path, &status));
        return !Configuration.Has(kind) ? Deny("the administrator does not allow images of this kind: "u8, path)
            : !read.Owners.Allows(status.Uid) ? Deny("the administrator limits images to certain owners: "u8, path)
            : !read.Groups.Allows(status.Gid) ? Deny("the administrator limits images to certain groups: "u8, path)
            : !place ? Deny("the administrator limits images to certain directories: "u8, path) : 0;
    }

    /// <summary>What an image file is, by the switch that allows it: the user's word does not count.</summary>
    internal static uint KindOf(int image)
    {
        byte* head = stackalloc byte[64];
        bool whole = Sys.Call(Nr.Pread64, image, (nint)head, 64, 0) == 64;
        bool sif = new Slice(head + 32, head + 64).Starts("SIF_MAGIC\0"u8); // behind the launch line
        return whole && sif ? Switch.Sif : whole && *(uint*)head == 0x73717368 ? Switch.SquashFs : Switch.Ext3; // "hsqs"
    }

    /// <summary>
    /// Whether the kernel may mount an image: a driver that reads a crafted file system, or one that changes underneath, is a way into the kernel. So only
    /// what root alone can change, in every directory that leads there.
    /// </summary>
    internal static int CheckKernelMount(int image)
    {
        byte* path = stackalloc byte[Trust.PathSize];
        FileStatus given = default;
        FileStatus trusted = default;
        bool may = Configuration.Has(Switch.KernelSquashFs)
            && (Configuration.Has(Switch.MountSquashFs) || (Configuration.Has(Switch.MountSquashFsLimited) && Configuration.LimitsImages));
        int error = PathOf(image, path);
        if (error == 0 && !may)
        {
            return Deny("the administrator does not let the kernel mount this image: "u8, path);
        }

        int place = error < 0 ? error : Trust.Open(path, false);
        error = place < 0 ? place : FileStatus.Read(place, &trusted);
        error = error < 0 ? error : FileStatus.Read(image, &given);
        Sys.Close(place);
        return error == 0 && given.SameFile(&trusted) ? 0 : Deny("the kernel mounts only images that root alone can change: "u8, path);
    }

    /// <summary>With `user bind control = no` few things may be bound.</summary>
    internal static int CheckBind(int source)
    {
        if (Configuration.Has(Switch.UserBind | Switch.HostFileSystems))
        {
            return 0;
        }

        byte* path = stackalloc byte[Trust.PathSize];
        int error = PathOf(source, path);
        return error < 0 ? error : s_binds.Has(path) ? 0
            : Deny("the administrator lets users bind nothing (`user bind control = no`): "u8, path);
    }

    /// <summary>Refuses, and says what.</summary>
    internal static int Deny(ReadOnlySpan<byte> why, byte* path)
    {
        AuditRecord.Deny(why);
        Say.Fatal(why, 0, "ask the administrator; limits of the setuid mode do not bind launches with --userns"u8, path);
        return -E.ACCES;
    }

    /// <summary>The path by which the kernel knows an open file.</summary>
    internal static int PathOf(int descriptor, byte* path)
    {
        byte* name = stackalloc byte[40];
        Text.Numbered(name, "self/fd/"u8, (ulong)descriptor);
        int length = (int)Sys.Call(Nr.Readlinkat, s_processes, (nint)name, (nint)path, Trust.PathSize - 1);
        path[length < 0 ? 0 : length] = 0;
        return length < 0 ? length : length == Trust.PathSize - 1 || *path != '/' ? -E.NAMETOOLONG : 0;
    }

    /// <summary>
    /// Whether a path by which the kernel knows a file leads to it here: of a file that was opened in another mount namespace it is the path there, where the user may
    /// mount.
    /// </summary>
    private static bool LeadsTo(byte* path, FileStatus* file)
    {
        FileStatus found = default;
        int place = Sys.OpenAt(K.AtCwd, path, O.Path | O.NoFollow);
        bool same = place >= 0 && FileStatus.Read(place, &found) == 0 && found.SameFile(file);
        Sys.Close(place);
        return same;
    }
}
