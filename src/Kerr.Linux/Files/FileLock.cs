using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>
/// Locks on ranges of open files that belong to the open file, not to the process (F_OFD_SETLK, Linux 3.15): they last until the
/// last descriptor that came of one open is closed, in whatever process, or a loop device lets go of it.
/// </summary>
public static unsafe partial class FileLock
{
    private const int F_OFD_GETLK = 36, F_OFD_SETLK = 37;
    private const short F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, Flock* what);

    /// <summary>Locks a range for one writer, or for this reader among others; false and the error number when it cannot be had now.</summary>
    /// <remarks>EAGAIN: somebody has it. ENOLCK, EOPNOTSUPP: the file system does not lock.</remarks>
    public static bool TryTake(SafeFileHandle file, long offset, long length, bool write, out Errno errno)
    {
        var what = new Flock { Type = write ? F_WRLCK : F_RDLCK, Start = offset, Length = length };
        bool taken = fcntl(FileCalls.Number(file), F_OFD_SETLK, &what) == 0;
        errno = taken ? Errno.None : FileCalls.LastErrno();
        errno = errno == Errno.EACCES ? Errno.EAGAIN : errno;   // fcntl(2): either, by file system
        return taken;
    }

    /// <summary>What keeps others from this lock: true a writer, false readers, null nothing any more.</summary>
    public static bool? HeldByWriter(SafeFileHandle file, long offset, long length, bool write)
    {
        var what = new Flock { Type = write ? F_WRLCK : F_RDLCK, Start = offset, Length = length };
        return fcntl(FileCalls.Number(file), F_OFD_GETLK, &what) != 0 || what.Type == F_UNLCK ? null : what.Type == F_WRLCK;
    }

    // struct flock of 64-bit processors: type@0, whence@2, start@8, length@16, process@24 (0 for locks of open files)
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Process;
    }
}
