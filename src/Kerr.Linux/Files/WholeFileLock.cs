using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A lock on an open file, <c>flock(2)</c>: it ends with the last descriptor, whatever happens to the process.</summary>
public static class WholeFileLock
{
    private const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4;

    /// <summary>Takes the lock if nobody else's is in the way; true also where the file system has no locks.</summary>
    public static bool TryTake(SafeFileHandle file, bool shared)
        => TreeLibC.flock(FileCalls.Number(file), (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
            || FileCalls.LastErrno() is not (Errno.EAGAIN or Errno.EINTR);
}
