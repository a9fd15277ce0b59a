using System;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The tree that the payload sees as `/`, made in one of three ways, tried in this order as the plan allows:
/// overlay (the kernel merges skeleton, layers and image), underlay (a tmpfs with binds of the image's entries), bind.
/// </summary>
internal static unsafe class Root
{
    /// <summary>The root directory (O_PATH), from the moment it is made.</summary>
    internal static int Directory = -1;

    private static ReadOnlySpan<byte> Place => "root"u8;

    internal static int Make(byte* step, uint index)
    {
        Audit.Tell(step);
        bool missing = false;
        int error = Sys.MakeDirectory(Session.Directory, Place, 0x1ED);
        error = error < 0 ? error : Sys.MakeDirectory(Session.Directory, ".skeleton"u8, 0x1ED);
        int image = error < 0 ? error : Sys.OpenAt(Session.Directory, Session.Name(step, Step.Source), O.Path | O.Directory | O.NoFollow);
        error = image < 0 ? image : CopyMode(image);
        if (error == 0 && !Plan.Has(step, RootFlags.Underlay) && !Plan.Has(step, RootFlags.Overlay))
        {
            error = BindImage(step, image);
        }
        else if (error == 0)
        {
            error = MakeSkeleton(step, index, image, ref missing);
            error = error < 0 ? error : Merge(step, image, missing);
        }

        Sys.Close(image);
        Directory = error < 0 ? error : Sys.OpenAt(Session.Directory, Place, O.Path | O.Directory | O.NoFollow);
        return Directory < 0 ? Directory : 0;
    }

    /// <summary>
    /// Enters the root and detaches everything of the host. Afterwards no path leads out: the host's mounts are gone from
    /// the namespace, or, where the root is an initramfs, out of reach of everybody who may not call chroot.
    /// </summary>
    internal static int Enter(byte* step)
    {
        Audit.Tell(step);
        if (Half.Asks)
        {
            return Asking.Ask(Request.Enter, 0, Directory);
        }

        FileStatus wanted = default;
        FileStatus found = default;
        int error = FileStatus.Read(Directory, &wanted);
        error = error < 0 ? error : Session.Leave(Directory);
        error = error < 0 ? error : (int)Sys.Call(Nr.Fchdir, Directory);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chroot, (nint)"."u8.Start);
        error = error < 0 ? error : (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        error = error < 0 ? error : FileStatus.Read(K.AtCwd, "/"u8, 0, &found);
        error = error < 0 ? error : found.SameFile(&wanted) ? 0 : -E.INVAL;
        Sys.Close(Directory);
        Sys.Close(Session.Directory);
        Directory = Session.Directory = -1;
        return error;
    }

    /// <summary>Opens (O_PATH) a path of the root, as the steps before have made it.</summary>
    internal static int Open(byte* path)
    {
        if (Half.Asks)
        {
            int ahead = Requests.OpenAhead(path);
            if (ahead >= 0)
            {
                return ahead;
            }

            Requests.Settle();
        }

        return Walk.Open(Directory, path);
    }

    /// <summary>Overlay or, when the kernel refuses that, what else the plan allows.</summary>
    private static int Merge(byte* step, int image, bool missing)
    {
        int error = -E.NOSYS;
        if (Plan.Has(step, RootFlags.FuseOverlay))
        {
            return Images.MountOverlay(step, Place);
        }

        if (Plan.Has(step, RootFlags.Overlay))
        {
            byte* upper = Session.Name(step, Step.Extra);
            error = Overlay.Mount(step, (byte*)".skeleton"u8.Start, upper, Session.Name(step, Step.More), Place);
            if (error >= 0 || !Plan.Has(step, RootFlags.Underlay | RootFlags.Bind))
            {
                return error;
            }
        }

        if (Plan.Has(step, RootFlags.Underlay) && (missing || !Plan.Has(step, RootFlags.Bind)))
        {
            Audit.Note("Making an underlay"u8);
            return Underlay.Make(step, image);
        }

        return BindImage(step, image);
    }

    private static int BindImage(byte* step, int image)
    {
        Audit.Note("Binding the image as root"u8);
        int target = Sys.OpenAt(Session.Directory, Place, O.Path | O.Directory | O.NoFollow);
        int error = target < 0 ? target : Mounts.Bind(image, target, Attributes(step) | MountFlags.Recursive, Session.Directory, (byte*)Place.Start);
        Sys.Close(target);
        return error;
    }

    /// <summary>The attributes of the root's mounts.</summary>
    internal static ulong Attributes(byte* step) =>
        (Plan.Has(step, RootFlags.Writable) ? 0 : MountFlags.ReadOnly) | (Plan.Has(step, RootFlags.NoSuid) ? MountFlags.NoSuid : 0)
        | (Plan.Has(step, RootFlags.NoDev) ? MountFlags.NoDev : 0);

    /// <summary>Makes in the skeleton what later mounts need and the image does not have.</summary>
    private static int MakeSkeleton(byte* step, uint index, int image, ref bool missing)
    {
        int skeleton = Sys.OpenAt(Session.Directory, ".skeleton"u8, O.Path | O.Directory | O.NoFollow);
        int view = skeleton < 0 ? skeleton : Overlay.OpenView(step, image);
        for (uint i = index + 1; view >= 0 && i < Plan.StepCount; i++)
        {
            byte* later = Plan.StepAt(i);
            const ulong Wanted = MountFlags.CreateTarget | MountFlags.TargetInRoot;
            if (Plan.Kind(later) is StepKind.Mount or StepKind.MountFuse && (Plan.U64(later, Step.Flags) & Wanted) == Wanted)
            {
                // A failure shows again, and is told, when the step comes: its target is missing then.
                missing |= Skeleton.Make(later, view, skeleton) == 0;
            }
        }

        int error = view < 0 ? view : 0;
        error = view >= 0 && view != image ? Overlay.CloseView(view) : error;
        Sys.Close(skeleton);
        return error;
    }

    /// <summary>The skeleton's top stands for the image's: it gets its mode.</summary>
    private static int CopyMode(int image)
    {
        FileStatus status = default;
        int error = FileStatus.Read(image, &status);
        return error < 0 ? error : Skeleton.SetMode(Session.Directory, (byte*)".skeleton"u8.Start, &status);
    }
}
