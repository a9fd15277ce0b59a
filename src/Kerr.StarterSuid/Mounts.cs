using System;

namespace Kerr.Starter;

/// <summary>Mounts, by descriptors only. Every mount is nosuid and, but for the host's own devices, nodev. No option is the user's text.</summary>
internal static unsafe class Mounts
{
    // MOUNT_ATTR_*, whose numbers MountFlags has, too.
    internal const ulong ReadOnly = 1, NoSuid = 2, NoDevices = 4, NoExecute = 8, All = 15;
    internal const int MostLayers = 20;

    private static ulong s_devices;
    private static ulong s_terminals;
    private static ulong s_session;
    private static Layers s_layers;
    private static int s_layerCount;

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
        NewMount made = new("tmpfs"u8);
        made.Set("mode"u8, "0755"u8);
        made.Number("uid"u8, Privileges.Uid);
        made.Number("gid"u8, Privileges.Gid);
        made.Number("size"u8, (ulong)Configuration.Read.SessionSize << 20);
        int mount = made.Finish(NoSuid | NoDevices);
        int error = mount < 0 ? mount : Move(mount, place);
        error = error < 0 ? error : FileStatus.Read(mount, &status);
        s_session = status.Device;
        return error < 0 ? error : mount;
    }

    internal static bool IsInSession(int place)
    {
        FileStatus status = default;
        return FileStatus.Read(place, &status) == 0 && status.Device == s_session;
    }

    /// <summary>
    /// A bind with all that is mounted below its source: without that, a user could look below what an administrator covered. Flags are only ever added;
    /// nodev not to the host's devices, nor to what lies below the session, all of which was mounted here and has it or must not.
    /// </summary>
    internal static int Bind(int source, int target, ulong flags)
    {
        FileStatus status = default;
        int error = FileStatus.ReadDevice(source, &status);
        bool devices = s_devices != 0 && (status.Device == s_devices || status.Device == s_session || (s_terminals != 0 && status.Device == s_terminals));
        int tree = error < 0 ? error : (int)Sys.Call(Nr.OpenTree, source, (nint)(""u8).Start, K.OpenTreeClone | O.CloseOnExec | K.AtEmptyPath | K.AtRecursive);
        error = tree < 0 ? tree : SetAttributes(tree, (flags & All) | NoSuid | (devices ? 0 : NoDevices));
        return error < 0 ? Give(tree, error) : Attach(tree, target);
    }

    internal static int Restrict(int mount, ulong flags) => SetAttributes(mount, flags & All);

    internal static int MakeNew(int target, ulong kind, ulong flags, uint mode, uint size, ulong namespaces)
    {
        ulong attributes = (flags & All) | NoSuid | NoDevices;
        NewMount made;
        switch (kind)
        {
            case FileSystemKind.Temporary:
                byte* octal = stackalloc byte[8];
                for (int i = 0; i < 4; i++)
                {
                    octal[i] = (byte)('0' + ((mode >> (9 - (3 * i))) & 7));
                }

                octal[4] = 0;
                made = new("tmpfs"u8);
                made.Set("mode"u8, octal);
                made.Number("uid"u8, Privileges.Uid);
                made.Number("gid"u8, Privileges.Gid);
                made.Number("size"u8, (ulong)(size == 0 || size > Configuration.Read.SessionSize ? Configuration.Read.SessionSize : size) << 20);
                break;
            case FileSystemKind.Processes when (namespaces & Executor.NewPid) != 0 && HostProcesses.Whole:
                made = new("proc"u8);
                attributes |= NoExecute;
                attributes |= HostProcesses.Hide(ref made);
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

    /// <summary>Remembers a layer for the next overlay.</summary>
    internal static int AddLayer(ref int layer)
    {
        if (s_layerCount == MostLayers)
        {
            return -E.TOOBIG;
        }

        s_layers.Open[s_layerCount++] = layer;
        layer = -1; // it is ours now
        return 0;
    }

    /// <summary>
    /// An overlay of the layers remembered. What is written goes to the session alone. Its mounter is the user, so it reads in no layer what the user could
    /// not; xattrs that a user's file system makes up lead nowhere (no redirects, no metadata copies).
    /// </summary>
    internal static int Overlay(int target, int upper, int work, ulong flags)
    {
        bool written = upper >= 0 || work >= 0;
        int error = s_layerCount == 0 || (written && (!IsInSession(upper) || !IsInSession(work))) ? -E.PERM : 0;
        error = error < 0 ? error : Merge(target, upper, work, flags, written);
        for (; s_layerCount > 0; s_layerCount--)
        {
            Sys.Close(s_layers.Open[s_layerCount - 1]);
        }

        return error;
    }

    private static int Merge(int target, int upper, int work, ulong flags, bool written)
    {
        byte* lower = stackalloc byte[32 * MostLayers];
        byte* end = lower;
        for (int i = 0; i < s_layerCount; i++)
        {
            end = i == 0 ? end : Text.Copy(end, ":"u8.Start, 1);
            end = Names.Numbered(end, "self/fd/"u8, (ulong)s_layers.Open[i]);
        }

        NewMount made = new("overlay"u8);
        made.Set("lowerdir"u8, lower);
        if (written)
        {
            made.Descriptor("upperdir"u8, upper);
            made.Descriptor("workdir"u8, work);
        }

        made.Set("redirect_dir"u8, "nofollow"u8);
        made.Set("metacopy"u8, "off"u8);
        made.Set("index"u8, "off"u8);
        return Attach(made.Finish((flags & ReadOnly) | NoSuid | NoDevices), target);
    }

    /// <summary>A FUSE mount whose requests are the user's to answer, and whose files nobody but the user reaches.</summary>
    internal static int Fuse(int device, int target, ulong flags)
    {
        NewMount made = new("fuse"u8);
        made.Set("source"u8, "kerr-image-server"u8);
        made.Number("fd"u8, (ulong)device);
        made.Set("rootmode"u8, "40755"u8);
        made.Number("user_id"u8, Privileges.Uid);
        made.Number("group_id"u8, Privileges.Gid);
        made.Flag("default_permissions"u8);
        return Attach(made.Finish((flags & All) | NoSuid | NoDevices), target);
    }

    /// <summary>The kernel's squashfs on a block device that we set up.</summary>
    internal static int SquashFs(int device, int target)
    {
        FileStatus block = default;
        FileStatus mounted = default;
        NewMount made = new("squashfs"u8);
        made.Descriptor("source"u8, device);
        made.Flag("ro"u8);
        int mount = made.Finish(ReadOnly | NoSuid | NoDevices);
        int error = mount < 0 ? mount : FileStatus.Read(device, &block);
        error = error < 0 ? error : FileStatus.Read(mount, &mounted);
        error = error < 0 ? error : mounted.Device == block.SpecialDevice ? 0 : -E.PERM; // it is of our device, whatever the name led to
        return error < 0 ? Give(mount, error) : Attach(mount, target);
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

    /// <summary>Moves a mount that is attached to nothing onto an open place; there it needs no descriptor any more.</summary>
    private static int Attach(int mount, int target) => mount < 0 ? mount : Give(mount, Move(mount, target));

    private static int Move(int mount, int target) =>
        (int)Sys.Call(Nr.MoveMount, mount, (nint)(""u8).Start, target, (nint)(""u8).Start, K.MoveFromEmpty | K.MoveToEmpty);

    private static int SetAttributes(int mount, ulong flags)
    {
        ulong* attributes = stackalloc ulong[4]; // struct mount_attr: set, clear, propagation, userns
        attributes[0] = flags;
        attributes[1] = attributes[2] = attributes[3] = 0;
        return (int)Sys.Call(Nr.MountSetattr, mount, (nint)(""u8).Start, K.AtEmptyPath | K.AtRecursive, (nint)attributes, 32);
    }

    private static int Give(int mount, int error)
    {
        Sys.Close(mount);
        return error;
    }

    private struct Layers
    {
        internal fixed int Open[MostLayers];
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

    internal void Flag(ReadOnlySpan<byte> name) => Configure(K.FsconfigFlag, (byte*)name.Start, null);

    internal void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Configure(K.FsconfigString, (byte*)name.Start, (byte*)value.Start);

    internal void Set(ReadOnlySpan<byte> name, byte* value) => Configure(K.FsconfigString, (byte*)name.Start, value);

    internal void Number(ReadOnlySpan<byte> name, ulong value)
    {
        byte* digits = stackalloc byte[24];
        *Text.Number(digits, value) = 0;
        Configure(K.FsconfigString, (byte*)name.Start, digits);
    }

    /// <summary>An open file where the kernel takes a path only: our working directory is a /proc that nobody can cover.</summary>
    internal void Descriptor(ReadOnlySpan<byte> name, int descriptor)
    {
        byte* path = stackalloc byte[40];
        Names.Numbered(path, "self/fd/"u8, (ulong)descriptor);
        Configure(K.FsconfigString, (byte*)name.Start, path);
    }

    /// <summary>The mount, attached to nothing, or the first error.</summary>
    internal int Finish(ulong attributes)
    {
        Configure(K.FsconfigCreate, null, null);
        int mount = _error < 0 ? _error : (int)Sys.Call(Nr.Fsmount, _context, 1, (nint)attributes);
        Sys.Close(_context);
        return mount;
    }

    private void Configure(int command, byte* name, byte* value) =>
        _error = _error < 0 ? _error : (int)Sys.Call(Nr.Fsconfig, _context, command, (nint)name, (nint)value);
}
