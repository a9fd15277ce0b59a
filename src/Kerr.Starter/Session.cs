using System.Runtime.CompilerServices;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The tmpfs in which a launch is put together. It is the root of our mount namespace while the host's root hangs below
/// it; our own root stays the host's, so that host paths mean what they meant before, `..` and all:
/// <code>
///   .host       the host's root mount            root        what the payload will see as /
///   .skeleton   made targets, overlay's top layer    (anything)  made by steps
/// </code>
/// </summary>
internal static unsafe class Session
{
    /// <summary>Its root directory (O_PATH).</summary>
    internal static int Directory = -1;

    private static bool s_pivoted;

    internal static int Make(byte* step)
    {
        Audit.Tell(step);
        if ((Report.Flags & HeaderFlags.UserNamespace) != 0)
        {
            Audit.Note("Not raising privileges: user namespace"u8);
        }

        if (Half.Asks)
        {
            int asked = Asking.Ask(Request.Session, 0, 0, 0, -1, -1, -1, out Directory);
            return asked < 0 ? asked : 0;
        }

        int propagation = K.MsRecursive | (Plan.Has(step, SessionFlags.Private) ? K.MsPrivate : K.MsSlave);
        int error = Sys.Mount(null, "/"u8, null, propagation, null);
        if (error < 0)
        {
            return error;
        }

        int host = Sys.OpenAt(K.AtCwd, "/"u8, O.Path | O.Directory);
        byte* options = Plan.String(step, Step.Data);
        int made = host < 0 ? host : Mounts.NewFileSystem((byte*)"tmpfs"u8.Start, options, MountFlags.NoSuid | MountFlags.NoDev);
        if (made >= 0)
        {
            error = Mounts.Attach(made, host);
            Directory = made;
        }
        else if (made == -E.NOSYS)
        {
            error = Sys.Mount("tmpfs"u8, "/"u8, "tmpfs"u8, K.MsNoSuid | K.MsNoDev, options);
            Directory = error < 0 ? -1 : Sys.OpenAt(K.AtCwd, "/.."u8, O.Path | O.Directory); // ".." at the root meets what covers it
            error = error < 0 ? error : Directory;
        }
        else
        {
            error = made;
        }

        error = error < 0 ? error : Turn(host);
        Sys.Close(host);
        return error < 0 ? error : 0;
    }

    internal static int MakeDirectory(byte* step)
    {
        Audit.Tell(step);
        int error = Sys.MakeDirectory(Directory, Name(step, Step.Target), (int)Plan.U64(step, Step.Number));
        if (error != -E.EXIST)
        {
            return error;
        }

        // Below a mounted directory of the user it may be anything; a symlink there would lead overlay out (ENOTDIR).
        int there = Sys.OpenAt(Directory, Name(step, Step.Target), O.Path | O.Directory | O.NoFollow);
        Sys.Close(there);
        return there < 0 ? there : 0;
    }

    internal static int MakeFile(byte* step)
    {
        Audit.Tell(step);
        byte* blob = Plan.Reference(step, Step.Data);
        return Write(Name(step, Step.Target), blob + 4, (nint)Plan.Count(blob), (int)Plan.U64(step, Step.Number));
    }

    internal static int MakeLink(byte* step)
    {
        Audit.Tell(step);
        return (int)Sys.Call(Nr.Symlinkat, (nint)Plan.String(step, Step.Source), Directory, (nint)Name(step, Step.Target));
    }

    /// <summary>Makes a file of the session.</summary>
    internal static int Write(byte* name, byte* bytes, nint length, int mode)
    {
        int file = Sys.OpenAt(Directory, name, O.Create | O.WriteOnly | O.NoFollow | O.Exclusive, mode);
        if (file < 0)
        {
            return file;
        }

        int error = Sys.WriteAll(file, bytes, length);
        Sys.Close(file);
        return error;
    }

    /// <summary>Opens a source. Its first name is ours; links below that, in an image mounted there, stay inside it.</summary>
    internal static int Open(byte* path)
    {
        byte* rest = path;
        byte* name = Walk.NextName(ref rest);
        int first = name == null ? -E.NOENT : Sys.OpenAt(Directory, name, O.Path | O.NoFollow);
        if (first < 0 || *rest == 0)
        {
            return first;
        }

        int found = Walk.Open(first, rest);
        Sys.Close(first);
        return found;
    }

    /// <summary>A session path as the calls want it: relative.</summary>
    internal static byte* Name(byte* step, int field) => Relative(Plan.String(step, field));

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Relative(byte* path)
    {
        while (path != null && *path == '/')
        {
            path++;
        }

        return path;
    }

    /// <summary>
    /// Detaches the host, and puts the payload's root over what is left, the session. A second pivot_root would do both, but
    /// it looks at every thread of the machine: 5 ms where 15,000 run.
    /// </summary>
    internal static int Leave(int root)
    {
        if (!s_pivoted)
        {
            return 0;
        }

        int error = Root(Directory);
        error = error < 0 ? error : (int)Sys.Call(Nr.Umount2, (nint)".host"u8.Start, K.UmountDetach);
        error = error < 0 ? error : Mounts.Attach(root, Directory);
        return error == -E.NOSYS ? Sys.Mount("root"u8, "/"u8, null, K.MsMove, null) : error;
    }

    /// <summary>Detaches the host, and stays in the session itself.</summary>
    internal static int Shut()
    {
        int error = Root(Directory);
        return error < 0 || !s_pivoted ? error : (int)Sys.Call(Nr.Umount2, (nint)".host"u8.Start, K.UmountDetach);
    }

    /// <summary>
    /// Puts the session above the host's root, and our root back onto the host's. A session that merely covered `/` would
    /// be met by every relative link of the host that climbs to the top (/etc/resolv.conf → ../run/…).
    /// </summary>
    private static int Turn(int host)
    {
        int error = (int)Sys.Call(Nr.Fchdir, Directory);
        error = error < 0 ? error : Sys.MakeDirectory(Directory, ".host"u8, 0x1C0);
        error = error < 0 ? error : (int)Sys.Call(Nr.PivotRoot, (nint)"."u8.Start, (nint)".host"u8.Start);
        if (error == -E.INVAL)
        {
            // The host's root is the initramfs, which cannot be moved: Enter uses chroot then.
            return (int)Sys.Call(Nr.Chdir, (nint)"/"u8.Start);
        }

        s_pivoted = error == 0;
        return error < 0 ? error : Root(host);
    }

    private static int Root(int directory)
    {
        int error = (int)Sys.Call(Nr.Fchdir, directory);
        return error < 0 ? error : (int)Sys.Call(Nr.Chroot, (nint)"."u8.Start);
    }
}
