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
    private static nint s_prefix;

    /// <summary>Descriptors of the installation.</summary>
    internal static int Configuration = -1, UserHalf = -1, Session = -1;

    /// <summary>Finds the installation by where this program really is, and opens what is needed of it.</summary>
    internal static void OpenInstallation()
    {
        ReadOnlySpan<byte> place = "/libexec/kerr/starter-suid"u8;
        fixed (Path* start = &s_own)
        {
            byte* own = (byte*)start;
            int length = (int)Sys.Call(Nr.Readlinkat, K.AtCwd, (nint)"/proc/self/exe"u8.Start, (nint)own, PathSize - 64);
            s_prefix = length - place.Length;
            if (s_prefix < 0 || !Text.Starts(own + s_prefix, place))
            {
                Say.Fatal("starter-suid runs only from the place where it was installed, libexec/kerr"u8, length, "make install-setuid"u8);
            }

            own[length] = 0;
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
            UserHalf = OpenOurs("/libexec/kerr/starter-user"u8, O.ReadOnly);
            bool system = s_prefix == 4 && Text.Starts(own, "/usr/libexec/kerr/starter-suid"u8);
            nint prefix = s_prefix;
            s_prefix = system ? 0 : prefix;
            Configuration = OpenOurs("/etc/kerr/kerr.conf"u8, O.ReadOnly);
            s_prefix = prefix;
        }
    }

    /// <summary>Opens where the session is mounted: in our own mount namespace, whose mounts are others than the host's.</summary>
    internal static void OpenSession() => Session = OpenOurs("/libexec/kerr/session"u8, O.Path | O.Directory);

    /// <summary>Opens an absolute path (O_PATH) if only root can change what it leads to; EPERM when others could, or a link is in the way.</summary>
    internal static int Open(byte* path, bool directory)
    {
        byte* name = stackalloc byte[256];
        FileStatus status = default;
        int here = *path == '/' ? Sys.OpenAt(K.AtCwd, "/"u8, O.Path | O.Directory) : -E.INVAL;
        while (here >= 0)
        {
            int error = FileStatus.Read(here, &status);
            bool last = NextName(ref path, name) == 0;
            bool right = last && !directory ? status.IsRegular : status.IsDirectory;
            error = error < 0 ? error : !right || status.Uid != 0 || (status.Mode & OthersWrite) != 0 ? -E.PERM : 0;
            if (last && error == 0)
            {
                return here;
            }

            int next = error < 0 ? error : Sys.OpenAt(here, name, O.Path | O.NoFollow);
            Sys.Close(here);
            here = next;
        }

        return here;
    }

    /// <summary>Copies the next name of a path and answers its length, 0 at the end.</summary>
    private static int NextName(ref byte* path, byte* name)
    {
        while (*path == '/')
        {
            path++;
        }

        int length = 0;
        for (; *path != 0 && *path != '/' && length < 255; path++)
        {
            name[length++] = *path;
        }

        name[length] = 0;
        return length;
    }

    private static int OpenOurs(ReadOnlySpan<byte> below, int how)
    {
        byte* path = stackalloc byte[PathSize];
        fixed (Path* own = &s_own)
        {
            *Text.Copy(Text.Copy(path, own, s_prefix), below.Start, below.Length) = 0;
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
