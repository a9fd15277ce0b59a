using System;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A lock between processes, by a file that is there while it is held. It ends with the process, however that ends.</summary>
/// <remarks>
/// fcntl(2) with F_OFD_SETLK: held by the open file, not the process, and honoured between hosts by NFS, Lustre and GPFS. Where a file
/// system has no locks there is none: what it guards must be right without it, too.
/// </remarks>
public sealed unsafe partial class FileLock : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;

    private FileLock(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Waits for the lock.</summary>
    /// <param name="waiting">Told once when somebody else has it.</param>
    /// <exception cref="OperationCanceledException"/>
    public static FileLock Acquire(string path, CancellationToken cancel, Action? waiting = null)
    {
        int pause = 5;
        while (true)
        {
            SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0b110_000_000);
            if (!TryLock(file, out bool supported) && supported)
            {
                file.Dispose();
                waiting?.Invoke();
                waiting = null;
                if (cancel.WaitHandle.WaitOne(pause))
                {
                    throw new OperationCanceledException(cancel);
                }

                pause = Math.Min(pause * 2, 100);
                continue;
            }

            // Who had it before has removed the name: then this is a lock that nobody else will ever meet.
            if (FileCalls.TryStatus(path, followLink: false, out FileStatus named, out _) && named.Inode == FileCalls.Status(file).Inode)
            {
                return new FileLock(path, file);
            }

            file.Dispose();
        }
    }

    public void Dispose()
    {
        FileCalls.Unlink(_path);
        _file.Dispose();
    }

    private static bool TryLock(SafeFileHandle file, out bool supported)
    {
        const int F_OFD_SETLK = 37;
        const short F_WRLCK = 1;
        var request = new Flock { Type = F_WRLCK };
        supported = true;
        if (fcntl(FileCalls.Number(file), F_OFD_SETLK, &request) == 0)
        {
            return true;
        }

        supported = FileCalls.LastErrno() is Errno.EAGAIN or Errno.EACCES or Errno.EINTR;
        return false;
    }

    // struct flock of 64-bit systems; zero offset and length: all of the file. l_pid must be 0 for these locks.
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        internal short Type;
        internal short Whence;
        internal long Start;
        internal long Length;
        internal int Pid;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, Flock* request);
}
