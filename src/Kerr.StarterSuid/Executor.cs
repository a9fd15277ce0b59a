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
    private static int s_session = -1;

    /// <summary>Serves a half of the user's; comes back when it asks to enter (true) or hangs up (false).</summary>
    internal static bool Serve(int end, int plan)
    {
        RequestPacket asked = default;
        int* given = stackalloc int[Sockets.MostDescriptors];
        while (Sockets.Receive(end, &asked, sizeof(RequestPacket), given) == sizeof(RequestPacket))
        {
            int handed = -1;
            long result = Do(&asked, given, plan, ref handed);
            bool entered = asked.Kind == Request.Enter && result == 0;
            int told = Sockets.Send(end, &result, sizeof(long), &handed, handed >= 0 ? 1 : 0);
            for (int i = 0; i < Sockets.MostDescriptors; i++)
            {
                Sys.Close(given[i]);
            }

            if (told == -E.TOOMANYREFS)
            {
                Say.Fatal("a descriptor cannot be handed to starter-user"u8, told, "raise `ulimit -n`, or start fewer launches at once"u8);
            }

            if (entered || told < 0)
            {
                return entered;
            }
        }

        return false;
    }

    private static int Do(RequestPacket* asked, int* given, int plan, ref int handed)
    {
        int error = 0;
        switch (asked->Kind)
        {
            case Request.Begin:
                Say.Level = (int)asked->Number;
                return 0;
            case Request.Record when !s_mixed:
                AuditRecord.Report(plan, asked->Number, asked->Number2);
                return 0;
            case Request.Namespaces when s_namespaces == 0 && !s_mixed:
                return Leave(asked->Number);
            case Request.Fork when !s_forked && (s_namespaces & NewPid) != 0:
                s_forked = true;
                return Relays.Fork(asked->Number == 1, plan);
            case Request.Session when s_session < 0:
                return MakeSession(ref handed);
            case Request.KernelImage or Request.FuseImage or Request.DirectoryImage when s_session >= 0 && !s_mixed:
                return MountImage(asked, given, ref handed);
            case Request.HostName when (s_namespaces & NewUts) != 0:
                Slice name = new Slice(asked->Text, asked->Text + RequestPacket.TextSize).Cut(0);
                return Lowered(Raised(ref error, "set the host name"u8) ? (int)Sys.Call(Nr.Sethostname, (nint)name.At, name.Length) : error);
            case Request.Loopback when (s_namespaces & NewNet) != 0:
                return RaiseLoopback();
            case Request.Layer:
                return Mounts.AddLayer(ref given[0]);
            case Request.Bind or Request.NewFileSystem or Request.Restrict or Request.Overlay or Request.Enter when s_session >= 0:
                return Mount(asked, given);
            default:
                return -E.PERM;
        }
    }

    private static int Mount(RequestPacket* asked, int* given)
    {
        if (!s_mixed)
        {
            AuditRecord.Start(); // while the paths of its sinks are the host's
        }

        s_mixed = true;
        int error = 0;
        switch (asked->Kind)
        {
            case Request.Bind:
                error = Policy.CheckBind(given[0]);
                return Lowered(Raised(ref error, "bind"u8) ? Mounts.Bind(given[0], given[1], asked->Number, Mounts.OfImage(given[0])) : error);
            case Request.NewFileSystem:
                return Lowered(Raised(ref error, "mount a new file system"u8) ? Mounts.MakeNew(given[0], asked, s_namespaces) : error);
            case Request.Restrict:
                return Lowered(Raised(ref error, "restrict a mount"u8) ? Mounts.Restrict(given[0], asked->Number) : error);
            case Request.Overlay:
                error = Configuration.Has(Switch.Overlay) ? Privileges.RaiseAsMounter("mount overlay"u8, writes: given[1] >= 0) : -E.PERM;
                return Lowered(error < 0 ? error : Mounts.Overlay(given[0], given[1], given[2], asked->Number));
            default:
                // The root is an image, or an overlay of ours that has one below: nothing that was bound. Where images are not limited it may be a tree that the
                // user's half put together in the session, which could be anything.
                error = Mounts.OfImage(given[0]) == Mounts.Whole || (!Configuration.LimitsImages && Mounts.HasImage && Mounts.IsInSession(given[0])) ? 0 : -E.PERM;
                return Lowered(Raised(ref error, "enter the root"u8) ? Mounts.Enter(given[0]) : error);
        }
    }

    private static int MountImage(RequestPacket* asked, int* given, ref int handed)
    {
        // It is looked at as the user, and before anything of the user's is mounted.
        FileStatus status = default;
        bool directory = asked->Kind == Request.DirectoryImage, kernel = asked->Kind == Request.KernelImage;
        int error = Mounts.IsInSession(given[1]) ? Privileges.RaiseToLook() : -E.PERM;
        error = error < 0 ? error : FileStatus.Read(given[0], &status);
        error = error < 0 ? error : directory && !status.IsDirectory ? -E.NOTDIR : !directory && !status.IsRegular ? -E.INVAL : 0;
        error = error < 0 ? error : Policy.CheckImage(given[0], directory ? Switch.Directory : Policy.KindOf(given[0]));
        bool inside = asked->Number <= status.Size && asked->Number2 <= status.Size - asked->Number;
        error = error < 0 || !kernel ? error : inside ? Policy.CheckKernelMount(given[0]) : -E.INVAL;
        error = Lowered(error);
        if (error < 0)
        {
            return error;
        }

        // Where /dev/fuse is closed to users the device is ours; it can do no more than serve this one mount.
        AuditRecord.Image(&status);
        int device = given[2];
        bool ours = kernel || (!directory && device < 0);
        if (ours)
        {
            error = Privileges.Raise(kernel ? "attach a loop device"u8 : "open /dev/fuse"u8, asOwner: true);
            device = error < 0 ? error : kernel ? Loop.Attach(given[0], asked->Number, asked->Number2)
                : Sys.OpenAt(K.AtCwd, "/dev/fuse"u8, O.ReadWrite | O.NoFollow);
            error = Lowered(device);
            given[3] = device; // closed when the answer is sent: the mount holds it then, or nobody
        }

        error = !Raised(ref error, "mount image"u8) ? error : kernel ? Mounts.SquashFs(device, given[1])
            : directory ? Mounts.Bind(given[0], given[1], asked->Number, Mounts.Whole) : Mounts.Fuse(device, given[1], asked->Number);
        handed = error == 0 && ours && !kernel ? device : -1;
        return Lowered(error);
    }

    private static int Leave(ulong wanted)
    {
        bool allowed = (wanted & ~(NewPid | NewIpc | NewUts | NewNet)) == 0
            && ((wanted & NewPid) == 0 || (Configuration.Has(Switch.PidNamespace) && HostProcesses.Look() == 0))
            && ((wanted & NewIpc) == 0 || Configuration.Has(Switch.IpcNamespace))
            && ((wanted & NewUts) == 0 || Configuration.Has(Switch.UtsNamespace));
        int error = allowed ? 0 : -E.PERM;
        error = Raised(ref error, "leave namespaces"u8) ? (int)Sys.Call(Nr.Unshare, (nint)wanted) : error;
        s_namespaces = error == 0 ? wanted : 0;
        return Lowered(error);
    }

    private static int MakeSession(ref int handed)
    {
        int error = 0;
        int mount = Raised(ref error, "mount session directory"u8) ? Mounts.MakeSession(Trust.Session) : error;
        error = Lowered(mount);

        // O_PATH of the directory, not the mount's own descriptor: that could be mounted elsewhere.
        s_session = handed = error < 0 ? error : Sys.OpenAt(mount, "."u8, O.Path | O.Directory);
        Sys.Close(mount);
        return s_session < 0 ? s_session : Policy.AllowBinds(s_session);
    }

    private static int RaiseLoopback()
    {
        int error = 0;
        byte* request = stackalloc byte[40]; // struct ifreq: name@0, flags@16
        Text.Copy(request, "lo"u8, 2);
        int socket = Raised(ref error, "bring the loopback interface up"u8) ? (int)Sys.Call(Nr.Socket, 2, 2 | O.CloseOnExec) : error;
        error = socket < 0 ? socket : Sys.Ioctl(socket, K.GetInterfaceFlags, request);
        request[16] |= 1;
        error = error < 0 ? error : Sys.Ioctl(socket, K.SetInterfaceFlags, request);
        Sys.Close(socket);
        return Lowered(error);
    }

    /// <summary>Raises privileges for a step, unless there is an error already.</summary>
    private static bool Raised(ref int error, ReadOnlySpan<byte> what)
    {
        error = error < 0 ? error : Privileges.Raise(what);
        return error == 0;
    }

    /// <summary>Lowers privileges after a step, whatever came of it; what cannot be lowered ends everything.</summary>
    private static int Lowered(int result)
    {
        int error = Privileges.Lower();
        if (error < 0)
        {
            Say.Fault("privileges cannot be lowered"u8, error);
        }

        return result < 0 ? result : 0;
    }
}
