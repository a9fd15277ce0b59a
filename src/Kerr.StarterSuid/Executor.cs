using System;

namespace Kerr.Starter;

/// <summary>
/// Does what the user's half asks for, request by request, each checked for itself: whoever traces that half can send anything, in any order.
/// Namespaces and images come first, so that their checks look at the host and at nothing that the user has mounted.
/// </summary>
internal static unsafe class Executor
{
    internal const ulong NewPid = 0x20000000, NewIpc = 0x8000000, NewUts = 0x4000000, NewNet = 0x40000000;

    private static ulong s_namespaces;
    private static bool s_forked;
    private static bool s_mixed;            // something of the user's is mounted: no more images
    private static bool s_image;
    private static int s_session = -1;
    private static SessionPath s_sessionPath;

    /// <summary>Serves one half of the user's; comes back when it asks to enter (true) or hangs up (false).</summary>
    internal static bool Serve(int end, int plan, bool mounts)
    {
        byte* request = stackalloc byte[RequestFormat.Size];
        int* given = stackalloc int[Sockets.MostDescriptors];
        while (true)
        {
            int length = Sockets.Receive(end, request, RequestFormat.Size, given);
            if (length == -E.INTR)
            {
                continue;
            }

            if (length != RequestFormat.Size)
            {
                return false;
            }

            int handed = -1;
            Request kind = *(Request*)(request + RequestFormat.Kind);
            long result = mounts || kind is Request.Begin or Request.Server ? Do(kind, request, given, plan, ref handed) : -E.PERM;
            bool entered = kind == Request.Enter && result == 0;
            if (Sockets.Send(end, &result, RequestFormat.AnswerSize, &handed, handed >= 0 ? 1 : 0) < 0 && !entered)
            {
                return false;
            }

            for (int i = 0; i < Sockets.MostDescriptors; i++)
            {
                Sys.Close(given[i]);
            }

            if (entered)
            {
                return true;
            }
        }
    }

    private static int Do(Request kind, byte* request, int* given, int plan, ref int handed)
    {
        ulong number = *(ulong*)(request + RequestFormat.Number);
        ulong number2 = *(ulong*)(request + RequestFormat.Number2);
        ulong number3 = *(ulong*)(request + RequestFormat.Number3);
        switch (kind)
        {
            case Request.Begin:
                Say.Level = (int)number is >= -4 and <= 5 ? (int)number : 1;
                return 0;
            case Request.Record:
                if (!s_mixed)
                {
                    AuditRecord.Report(plan, number, number2);
                }

                return 0;
            case Request.Server:
                return Servers.Keep(number, ref given[0]);
            case Request.TakeServer:
                handed = Servers.Of(number);
                return handed < 0 ? -E.NOENT : 0;
            case Request.Namespaces:
                return Leave(number);
            case Request.Fork:
                return s_forked || (s_namespaces & NewPid) == 0 ? -E.PERM : Fork(number == 1, plan);
            case Request.Session:
                return MakeSession(ref handed);
            case Request.KernelImage:
            case Request.FuseImage:
                return MountImage(kind, given, number, number2, ref handed);
            case Request.DirectoryImage:
                return BindImage(given[0], given[1], number);
            case Request.HostName:
                return (s_namespaces & NewUts) == 0 ? -E.PERM : SetHostName(request + RequestFormat.Text);
            case Request.Loopback:
                return (s_namespaces & NewNet) == 0 ? -E.PERM : RaiseLoopback();
            case Request.Layer:
                return Mounts.AddLayer(ref given[0]);
            default:
                return s_session < 0 ? -E.PERM : Mount(kind, given, number, number2, number3);
        }
    }

    private static int Mount(Request kind, int* given, ulong number, ulong number2, ulong number3)
    {
        if (!s_mixed)
        {
            AuditRecord.Start(); // while the paths of its sinks are the host's
        }

        s_mixed = true;
        int error;
        switch (kind)
        {
            case Request.Bind:
                fixed (SessionPath* session = &s_sessionPath)
                {
                    error = Policy.CheckBind(given[0], (byte*)session);
                }

                error = error < 0 ? error : Privileges.Raise("bind"u8);
                error = error < 0 ? error : Mounts.Bind(given[0], given[1], number);
                break;
            case Request.NewFileSystem:
                error = Privileges.Raise("mount a new file system"u8);
                error = error < 0 ? error : Mounts.MakeNew(given[0], number2, number, (uint)number3, (uint)(number3 >> 32), s_namespaces);
                break;
            case Request.Restrict:
                error = Privileges.Raise("restrict a mount"u8);
                error = error < 0 ? error : Mounts.Restrict(given[0], number);
                break;
            case Request.Overlay:
                error = Configuration.Has(Switch.Overlay) ? Privileges.RaiseAsMounter("mount overlay"u8, writes: given[1] >= 0) : -E.PERM;
                error = error < 0 ? error : Mounts.Overlay(given[0], given[1], given[2], number);
                break;
            case Request.Enter:
                error = !s_image || !IsOfImage(given[0]) ? -E.PERM : Privileges.Raise("enter the root"u8);
                error = error < 0 ? error : Mounts.Enter(given[0]);
                break;
            default:
                return -E.INVAL;
        }

        byte* subject = stackalloc byte[Trust.PathSize];
        *subject = 0;
        if (Say.Level >= 4 && kind is Request.Bind or Request.NewFileSystem)
        {
            _ = Policy.PathOf(given[0], subject); // for the eye only
        }

        Say.Verbose(Name(kind), subject);
        return Lowered(error);
    }

    private static int MountImage(Request kind, int* given, ulong offset, ulong size, ref int handed)
    {
        FileStatus status = default;
        int error = LookAt(given[0], given[1], &status);
        error = error < 0 ? error : !status.IsRegular ? -E.INVAL : Policy.CheckImage(given[0], Policy.KindOf(given[0]));
        if (error == 0 && kind == Request.KernelImage)
        {
            bool inside = offset <= status.Size && size <= status.Size - offset;
            error = inside ? Policy.CheckKernelMount(given[0]) : -E.INVAL;
        }

        error = Lowered(error);
        if (error == 0)
        {
            AuditRecord.Image(&status);
        }

        if (error == 0 && kind == Request.KernelImage)
        {
            error = Privileges.RaiseAsOwner("attach a loop device"u8);
            int device = error < 0 ? error : Loop.Attach(given[0], offset, size);
            error = Lowered(device);
            error = error < 0 ? error : Privileges.Raise("mount image"u8);
            error = error < 0 ? error : Mounts.SquashFs(device, given[1]);
            Sys.Close(device); // the mount holds it now, or nobody
        }
        else if (error == 0)
        {
            // Where /dev/fuse is closed to users the device is ours; it can do no more than serve this one mount.
            bool theirs = given[2] >= 0;
            error = theirs ? 0 : Privileges.RaiseAsOwner("open /dev/fuse"u8);
            int device = error < 0 ? error : theirs ? given[2] : Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.ReadWrite | O.NoFollow);
            error = theirs ? device : Lowered(device);
            error = error < 0 ? error : Privileges.Raise("mount image"u8);
            error = error < 0 ? error : Mounts.Fuse(device, given[1], offset);
            handed = error < 0 || theirs ? -1 : device;
            given[3] = theirs ? given[3] : device; // closed when the answer is sent
        }

        s_image |= error == 0;
        Say.Verbose(kind == Request.KernelImage ? "Mounting the image: kernel"u8 : "Mounting the image: served by FUSE"u8);
        return Lowered(error);
    }

    private static int BindImage(int source, int target, ulong flags)
    {
        FileStatus status = default;
        int error = LookAt(source, target, &status);
        error = error < 0 ? error : !status.IsDirectory ? -E.NOTDIR : Policy.CheckImage(source, Switch.Directory);
        error = Lowered(error);
        if (error == 0)
        {
            AuditRecord.Image(&status);
        }

        error = error < 0 ? error : Privileges.Raise("mount image"u8);
        error = error < 0 ? error : Mounts.Bind(source, target, flags);
        s_image |= error == 0;
        Say.Verbose("Mounting the image: directory"u8);
        return Lowered(error);
    }

    /// <summary>Looks at an image that comes before all else that is mounted, as the user, who is to be lowered then.</summary>
    private static int LookAt(int image, int target, FileStatus* status)
    {
        int error = s_session < 0 || s_mixed || !Mounts.IsInSession(target) ? -E.PERM : Privileges.RaiseToLook();
        return error < 0 ? error : FileStatus.Read(image, status);
    }

    /// <summary>
    /// Where images are limited the root must be one of them, or an overlay of ours: a tree that the user put together in the session could be anything.
    /// </summary>
    private static bool IsOfImage(int root) => !Configuration.LimitsImages || !Mounts.IsInSession(root);

    private static int Leave(ulong wanted)
    {
        ulong known = NewPid | NewIpc | NewUts | NewNet;
        bool allowed = (wanted & ~known) == 0 && s_namespaces == 0 && !s_mixed
            && ((wanted & NewPid) == 0 || (Configuration.Has(Switch.PidNamespace) && HostProcesses.Look() == 0))
            && ((wanted & NewIpc) == 0 || Configuration.Has(Switch.IpcNamespace))
            && ((wanted & NewUts) == 0 || Configuration.Has(Switch.UtsNamespace));
        int error = !allowed ? -E.PERM : wanted == 0 ? 0 : Privileges.Raise("leave namespaces"u8);
        error = error < 0 || wanted == 0 ? error : (int)Sys.Call(Nr.Unshare, (nint)wanted);
        s_namespaces |= error == 0 ? wanted : 0;
        return Lowered(error);
    }

    private static int MakeSession(ref int handed)
    {
        int error = s_session >= 0 ? -E.PERM : Privileges.Raise("mount session directory"u8);
        s_session = error < 0 ? error : Mounts.MakeSession(Trust.Session);
        Say.Verbose("Mounting session directory"u8);
        error = Lowered(s_session);
        fixed (SessionPath* path = &s_sessionPath)
        {
            // O_PATH of the directory, not the mount's own descriptor: that could be mounted elsewhere.
            int place = error < 0 ? error : Sys.OpenAt(s_session, "."u8, O.Path | O.Directory);
            error = place < 0 ? place : Policy.PathOf(place, (byte*)path);
            Sys.Close(s_session);
            s_session = handed = place;
        }

        return error < 0 ? error : 0;
    }

    /// <summary>The process goes on as two: outside waits, having dropped its privileges for good, who the caller knows; the other is process 1.</summary>
    private static int Fork(bool appInit, int plan)
    {
        s_forked = true;
        return Relays.Fork(appInit, plan);
    }

    private static int SetHostName(byte* name)
    {
        int length = 0;
        while (length < RequestFormat.TextSize && name[length] != 0)
        {
            length++;
        }

        int error = Privileges.Raise("set the host name"u8);
        return Lowered(error < 0 ? error : (int)Sys.Call(Nr.Sethostname, (nint)name, length));
    }

    private static int RaiseLoopback()
    {
        byte* request = stackalloc byte[40]; // struct ifreq: name@0, flags@16
        for (int i = 0; i < 40; i++)
        {
            request[i] = 0;
        }

        request[0] = (byte)'l';
        request[1] = (byte)'o';
        int error = Privileges.Raise("bring the loopback interface up"u8);
        int socket = error < 0 ? error : (int)Sys.Call(Nr.Socket, 2, 2 | O.CloseOnExec);
        error = socket < 0 ? socket : Sys.Ioctl(socket, K.GetInterfaceFlags, request);
        request[16] |= 1;
        error = error < 0 ? error : Sys.Ioctl(socket, K.SetInterfaceFlags, request);
        Sys.Close(socket);
        return Lowered(error);
    }

    /// <summary>Lowers privileges after a step, whatever came of it; what cannot be lowered ends everything.</summary>
    private static int Lowered(int result)
    {
        int error = Privileges.Lower();
        if (error < 0)
        {
            Say.Fatal("privileges cannot be lowered"u8, error, "this is an error in kerr; please report it"u8);
        }

        return result < 0 ? result : 0;
    }

    private static ReadOnlySpan<byte> Name(Request kind) => kind switch
    {
        Request.Bind => "Mounting: bind of "u8,
        Request.NewFileSystem => "Mounting: a new file system on "u8,
        Request.Restrict => "Mounting: read-only"u8,
        Request.Overlay => "Mounting: overlay"u8,
        _ => "Entering the root"u8,
    };

    private struct SessionPath
    {
        internal fixed byte Bytes[Trust.PathSize];
    }
}
