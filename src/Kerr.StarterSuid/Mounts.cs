using System;

namespace Kerr.Starter;

/// <summary>Mounts, by descriptors only. Every mount is nosuid and, but for the host's own devices, nodev. No option is the user's text.</summary>
internal static unsafe class Mounts
{
    // MOUNT_ATTR_*, whose numbers MountFlags has, too.
    internal const ulong ReadOnly = 1, NoSuid = 2, NoDevices = 4, NoExecute = 8, All = 15;

    private static ulong s_devices;
    private static ulong s_terminals;
    private static ulong s_session;
    private static TextBuffer s_layers;
    private static ulong s_lowest;          // how much of an image the layer is that was named last

    /// <summary>How much of an image that was found to be allowed is on a mount, or at a place.</summary>
    internal const ulong Part = 1, Whole = 2;
    private const int MostImages = 64;
    private static ImageMounts s_images;
    private static int s_imageCount;

    /// <summary>Looks at the host's devices while nothing of the user's is mounted.</summary>
    internal static int Begin()
    {
        int error = DeviceOf("/dev"u8, ref s_devices);
        error = error < 0 ? error : DeviceOf("/dev/pts"u8, ref s_terminals);
        return error < 0 ? error : Sys.Mount(null, "/"u8, null, K.MsRecursive | (Configuration.Has(Switch.MountSlave) ? K.MsSlave : K.MsPrivate), null);
    }

    /// <summary>The file system that root has mounted there, or none.</summary>
    private static int DeviceOf(ReadOnlySpan<byte> path, ref ulong device)
    {
        FileStatus status = default;
        int error = FileStatus.Read(K.AtCwd, path, K.AtSymlinkNoFollow, &status);
        device = error == 0 && status.Uid == 0 ? status.Device : 0;
        return error == -E.NOENT ? 0 : error;
    }

    /// <summary>The session, in a directory of the installation that is there for this.</summary>
    internal static int MakeSession(int place)
    {
        FileStatus status = default;
        int mount = Temporary(755, 0).Finish(NoSuid | NoDevices);
        int error = mount < 0 ? mount : Move(mount, place);
        error = error < 0 ? error : FileStatus.Read(mount, &status);
        s_session = status.Device;
        return error < 0 ? error : mount;
    }

    internal static bool HasImage => s_imageCount > 0;

    /// <summary>
    /// How much of an allowed image is at a place. The mounts that have some are known by their numbers, and held open: a user can make the kernel detach one, whose
    /// number the next would get.
    /// </summary>
    internal static ulong OfImage(int place)
    {
        FileStatus status = default;
        ulong part = 0;
        _ = FileStatus.ReadDevice(place, &status);
        for (int i = 0; i < s_imageCount; i++)
        {
            part = s_images.Mount[i] >> 2 == status.Mount ? s_images.Mount[i] & 3 : part;
        }

        return part == Whole && (status.Attributes & K.StatxMountRoot) == 0 ? Part : part;
    }

    internal static bool IsInSession(int place)
    {
        FileStatus status = default;
        return FileStatus.Read(place, &status) == 0 && status.Device == s_session;
    }

    /// <summary>
    /// A bind with all that is mounted below its source: without that, a user could look below what an administrator covered. Flags are only ever added;
    /// nodev not to the host's devices, nor to what lies below the session, all of which was mounted here and has it or must not. A part of an image is known as
    /// one only on top of an image: a layer's `upper`.
    /// </summary>
    internal static int Bind(int source, int target, ulong flags, ulong part)
    {
        FileStatus status = default;
        int error = FileStatus.ReadDevice(source, &status);
        bool devices = s_devices != 0 && (status.Device == s_devices || status.Device == s_session || (s_terminals != 0 && status.Device == s_terminals));
        int tree = error < 0 ? error : (int)Sys.Call(Nr.OpenTree, source, (nint)(""u8).Start, K.OpenTreeClone | O.CloseOnExec | K.AtEmptyPath | K.AtRecursive);
        error = tree < 0 ? tree : SetAttributes(tree, (flags & All) | NoSuid | (devices ? 0 : NoDevices));
        return error < 0 ? Give(tree, error) : Attach(tree, target, part == Whole || OfImage(target) != 0 ? part : 0);
    }

    internal static int Restrict(int mount, ulong flags) => SetAttributes(mount, flags & All);

    internal static int MakeNew(int target, RequestPacket* asked, ulong namespaces)
    {
        ulong attributes = (asked->Number & All) | NoSuid | NoDevices;
        NewMount made;
        switch (asked->Number2)
        {
            case FileSystemKind.Temporary:
                made = Temporary((uint)asked->Number3, asked->Number3 >> 32);
                break;
            case FileSystemKind.Processes when (namespaces & Executor.NewPid) != 0 && HostProcesses.Whole:
                made = new("proc"u8);
                attributes |= NoExecute | HostProcesses.Hide(ref made);
                break;
            case FileSystemKind.Terminals:
                made = new("devpts"u8);
                made.Flag("newinstance"u8);
                made.Set("ptmxmode"u8, "0666"u8);
                made.Set("mode"u8, "0620"u8);
                made.Set("gid"u8, "5"u8); // tty, on all distributions
                attributes = (attributes & ~NoDevices) | NoExecute;
                break;
            case FileSystemKind.Queues when (namespaces & Executor.NewIpc) != 0:
                made = new("mqueue"u8);
                attributes |= NoExecute;
                break;
            default:
                return -E.PERM;
        }

        return Attach(made.Finish(attributes), target);
    }

    /// <summary>
    /// A tmpfs that belongs to the user, as large as it may be unless less is asked for. The digits of the mode are octal to the kernel, which refuses those that are none.
    /// </summary>
    private static NewMount Temporary(uint mode, ulong size)
    {
        uint most = Configuration.Read.SessionSize;
        NewMount made = new("tmpfs"u8);
        made.Number("mode"u8, default, mode);
        made.Number("uid"u8, default, Privileges.Uid);
        made.Number("gid"u8, default, Privileges.Gid);
        made.Number("size"u8, default, (size == 0 || size > most ? most : size) << 20);
        return made;
    }

    /// <summary>Remembers a layer for the next overlay: of an image, or what the launch made in the session.</summary>
    internal static int AddLayer(ref int layer)
    {
        s_lowest = OfImage(layer);
        if (s_lowest == 0 && !IsInSession(layer))
        {
            return -E.PERM;
        }

        s_layers.Add(s_layers.Length == 0 ? "self/fd/"u8 : ":self/fd/"u8);
        s_layers.Add((ulong)layer);
        layer = -1; // open as long as we are
        return 0;
    }

    /// <summary>
    /// An overlay of the layers remembered. What is written goes to the session alone. Its mounter is the user, so it reads in no layer what the user could
    /// not; xattrs that a user's file system makes up lead nowhere (no redirects, no metadata copies).
    /// </summary>
    internal static int Overlay(int target, int upper, int work, ulong flags)
    {
        bool written = upper >= 0 || work >= 0;
        bool allowed = s_layers.Length > 0 && (!written || (IsInSession(upper) && IsInSession(work)));
        s_layers.Add((byte)0);
        byte* layers = s_layers.Start();
        s_layers.Begin(default);
        if (!allowed)
        {
            return -E.PERM;
        }

        NewMount made = new("overlay"u8);
        made.Set("lowerdir"u8, layers);
        if (written)
        {
            made.Number("upperdir"u8, "self/fd/"u8, (ulong)upper);
            made.Number("workdir"u8, "self/fd/"u8, (ulong)work);
        }

        made.Set("redirect_dir"u8, "nofollow"u8);
        made.Set("metacopy"u8, "off"u8);
        made.Set("index"u8, "off"u8);
        return Attach(made.Finish((flags & ReadOnly) | NoSuid | NoDevices), target, s_lowest == Whole ? Whole : 0);
    }

    /// <summary>A FUSE mount whose requests are the user's to answer, and whose files nobody but the user reaches.</summary>
    internal static int Fuse(int device, int target, ulong flags)
    {
        NewMount made = new("fuse"u8);
        made.Set("source"u8, "kerr-image-server"u8);
        made.Number("fd"u8, default, (ulong)device);
        made.Set("rootmode"u8, "40755"u8);
        made.Number("user_id"u8, default, Privileges.Uid);
        made.Number("group_id"u8, default, Privileges.Gid);
        made.Flag("default_permissions"u8);
        return Attach(made.Finish((flags & All) | NoSuid | NoDevices), target, Whole);
    }

    /// <summary>The kernel's squashfs on a block device that we set up.</summary>
    internal static int SquashFs(int device, int target)
    {
        FileStatus block = default;
        FileStatus mounted = default;
        NewMount made = new("squashfs"u8);
        made.Number("source"u8, "self/fd/"u8, (ulong)device);
        made.Flag("ro"u8);
        int mount = made.Finish(ReadOnly | NoSuid | NoDevices);
        int error = mount < 0 ? mount : FileStatus.Read(device, &block);
        error = error < 0 ? error : FileStatus.Read(mount, &mounted);
        error = error < 0 ? error : mounted.Device == block.SpecialDevice ? 0 : -E.PERM; // it is of our device, whatever the name led to
        return error < 0 ? Give(mount, error) : Attach(mount, target, Whole);
    }

    /// <summary>Makes a directory the root of all that is seen, and detaches the host.</summary>
    internal static int Enter(int root)
    {
        byte* here = (byte*)"."u8.Start;
        int error = (int)Sys.Call(Nr.Fchdir, root);
        error = error < 0 ? error : (int)Sys.Call(Nr.PivotRoot, (nint)here, (nint)here);
        if (error == -E.INVAL)
        {
            // The host's root is the initramfs, which cannot be moved: we go on top of it, and nobody inside may leave a root.
            error = Sys.Mount(here, "/"u8, null, K.MsMove, null);
            error = error < 0 ? error : (int)Sys.Call(Nr.Chroot, (nint)here);
        }
        else
        {
            error = error < 0 ? error : (int)Sys.Call(Nr.Umount2, (nint)here, K.UmountDetach);
        }

        return error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
    }

    /// <summary>Moves a mount that is attached to nothing onto an open place; there it needs no descriptor any more, unless it has some of an image.</summary>
    private static int Attach(int mount, int target, ulong part = 0)
    {
        FileStatus status = default;
        int error = mount < 0 ? mount : Move(mount, target);
        if (error < 0 || part == 0 || s_imageCount == MostImages || FileStatus.ReadDevice(mount, &status) < 0)
        {
            return Give(mount, error);
        }

        s_images.Mount[s_imageCount++] = (status.Mount << 2) | part;
        return 0;
    }

    private static int Move(int mount, int target) =>
        (int)Sys.Call(Nr.MoveMount, mount, (nint)(""u8).Start, target, (nint)(""u8).Start, K.MoveFromEmpty | K.MoveToEmpty);

    private static int SetAttributes(int mount, ulong flags)
    {
        ulong* attributes = stackalloc ulong[] { flags, 0, 0, 0 }; // struct mount_attr: set, clear, propagation, userns
        return (int)Sys.Call(Nr.MountSetattr, mount, (nint)(""u8).Start, K.AtEmptyPath | K.AtRecursive, (nint)attributes, 32);
    }

    private static int Give(int mount, int error)
    {
        Sys.Close(mount);
        return error;
    }

    private struct ImageMounts
    {
        internal fixed ulong Mount[MostImages];
    }
}

/// <summary>A file system that is being made: its options one by one, each of them ours. The first error is kept.</summary>
internal unsafe ref struct NewMount
{
    private readonly int _context;
    private int _error;

    internal NewMount(ReadOnlySpan<byte> type)
    {
        _context = (int)Sys.Call(Nr.Fsopen, (nint)type.Start, 1);
        _error = _context < 0 ? _context : 0;
    }

    internal void Flag(void* name) => Configure(K.FsconfigFlag, name, null);

    internal void Set(void* name, void* value) => Configure(K.FsconfigString, name, value);

    /// <summary>
    /// A number behind words of ours: "self/fd/" for an open file where the kernel takes a path only, since our working directory is a /proc that nobody can cover.
    /// </summary>
    internal void Number(void* name, ReadOnlySpan<byte> words, ulong value)
    {
        byte* text = stackalloc byte[40];
        Text.Numbered(text, words, value);
        Configure(K.FsconfigString, name, text);
    }

    /// <summary>The mount, attached to nothing, or the first error.</summary>
    internal int Finish(ulong attributes)
    {
        Configure(K.FsconfigCreate, null, null);
        int mount = _error < 0 ? _error : (int)Sys.Call(Nr.Fsmount, _context, 1, (nint)attributes);
        Sys.Close(_context);
        return mount;
    }

    private void Configure(int command, void* name, void* value) =>
        _error = _error < 0 ? _error : (int)Sys.Call(Nr.Fsconfig, _context, command, (nint)name, (nint)value);
}
