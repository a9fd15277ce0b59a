using System;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A lock between processes, by a file that is there while it is held. It ends with the process, however that ends.</summary>
/// <remarks>
/// By <see cref="FileLock"/>: held by the open file, not the process, and honoured between hosts by NFS, Lustre and GPFS. Where a file
/// system has no locks there is none: what it guards must be right without it, too.
/// </remarks>
public sealed class LockFile : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;

    private LockFile(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Waits for the lock.</summary>
    /// <param name="waiting">Told once when somebody else has it.</param>
    /// <exception cref="OperationCanceledException"/>
    public static LockFile Acquire(string path, CancellationToken cancel, Action? waiting = null)
    {
        int pause = 5;
        while (true)
        {
            SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0b110_000_000);
            if (!FileLock.TryTake(file, 0, 0, write: true, out Errno errno) && errno is Errno.EAGAIN or Errno.EINTR)
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
                return new LockFile(path, file);
            }

            file.Dispose();
        }
    }

    public void Dispose()
    {
        FileCalls.Unlink(_path);
        _file.Dispose();
    }
}
