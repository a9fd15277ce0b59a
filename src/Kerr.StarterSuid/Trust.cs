using System;

namespace Kerr.Starter;

/// <summary>
/// Files that only root can change: owned by root and not writable by others, and every directory that leads to them likewise. Looked up name
/// by name without links, each looked at by its descriptor, so that what was checked is what is used.
/// </summary>
internal static unsafe class Trust
{
    internal const int PathSize = 4096;
    private const int OthersWrite = 0x12;
    private static Path s_own;
    private static int s_prefix;

    /// <summary>Descriptors of the installation.</summary>
    internal static int Configuration, UserHalf, Session;

    /// <summary>Finds the installation by where this program really is, and opens what is needed of it.</summary>
    internal static void OpenInstallation()
    {
        ReadOnlySpan<byte> place = "/libexec/kerr/starter-suid"u8;
        fixed (Path* path = &s_own)
        {
            byte* own = (byte*)path;
            int length = (int)Sys.Call(Nr.Readlinkat, K.AtCwd, (nint)"/proc/self/exe"u8.Start, (nint)own, PathSize - 64);
            s_prefix = length - place.Length;
            if (s_prefix < 0 || !new Slice(own + s_prefix, own + length).Is(place))
            {
                Say.Fatal("starter-suid runs only from the place where it was installed, libexec/kerr"u8, length, "make install-setuid"u8);
            }

            FileStatus installed = default;
            FileStatus running = default;
            int self = Open(own, false);
            int error = self < 0 ? self : FileStatus.Read(self, &installed);
            error = error < 0 ? error : FileStatus.Read(K.AtCwd, "/proc/self/exe"u8, 0, &running);
            if (error < 0 || !installed.SameFile(&running) || installed.Links != 1)
            {
                Refuse(own, error);
            }

            Sys.Close(self);
            bool system = Slice.Of(own).Is("/usr/libexec/kerr/starter-suid"u8);
            UserHalf = OpenOurs("/libexec/kerr/starter-user"u8, s_prefix, O.ReadOnly);
            Configuration = OpenOurs("/etc/kerr/kerr.conf"u8, system ? 0 : s_prefix, O.ReadOnly);
        }
    }

    /// <summary>Opens where the session is mounted: in our own mount namespace, whose mounts are others than the host's.</summary>
    internal static void OpenSession() => Session = OpenOurs("/libexec/kerr/session"u8, s_prefix, O.Path | O.Directory);

    /// <summary>Opens an absolute path (O_PATH) if only root can change what it leads to; EPERM when others could, or a link is in the way.</summary>
    internal static int Open(byte* path, bool directory)
    {
        byte* name = stackalloc byte[PathSize];
        FileStatus status = default;
        Slice names = Slice.Of(path);
        int here = *path == '/' ? Sys.OpenAt(K.AtCwd, "/"u8, O.Path | O.Directory) : -E.INVAL;
        while (here >= 0)
        {
            while (!names.IsEmpty && *names.At == '/')
            {
                names.At++;
            }

            int error = FileStatus.Read(here, &status);
            bool right = names.IsEmpty && !directory ? status.IsRegular : status.IsDirectory;
            error = error < 0 ? error : !right || status.Uid != 0 || (status.Mode & OthersWrite) != 0 ? -E.PERM : 0;
            if (names.IsEmpty && error == 0)
            {
                return here;
            }

            Slice next = names.Cut('/');
            *Text.Copy(name, next.At, next.Length) = 0;
            int below = error < 0 ? error : Sys.OpenAt(here, name, O.Path | O.NoFollow);
            Sys.Close(here);
            here = below;
        }

        return here;
    }

    private static int OpenOurs(ReadOnlySpan<byte> below, int prefix, int how)
    {
        byte* path = stackalloc byte[PathSize];
        fixed (Path* own = &s_own)
        {
            *Text.Copy(Text.Copy(path, own, prefix), below, below.Length) = 0;
        }

        FileStatus seen = default;
        FileStatus opened = default;
        int place = Open(path, (how & O.Directory) != 0);
        int error = place < 0 ? place : FileStatus.Read(place, &seen);
        int file = error < 0 || (how & O.Path) != 0 ? place : Sys.OpenAt(K.AtCwd, path, how | O.NoFollow | O.NonBlock);
        error = file < 0 ? file : FileStatus.Read(file, &opened);
        if (error < 0 || !opened.SameFile(&seen))
        {
            Refuse(path, error);
        }

        if (file != place)
        {
            Sys.Close(place); // a user's limit on open files is ours, too
        }

        return file;
    }

    private static void Refuse(byte* path, int error) =>
        Say.Fatal(error is -E.NOENT ? "a file of the setuid mode is missing: "u8
            : "it, and every directory that leads to it, must be owned by root and writable by nobody else: "u8, error,
            "make install-setuid; chown root and chmod go-w what is wrong; or use --userns"u8, path);

    private struct Path
    {
        internal fixed byte Bytes[PathSize];
    }
}
