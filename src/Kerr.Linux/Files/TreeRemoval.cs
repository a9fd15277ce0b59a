using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>Takes a directory away with all that is below it, whatever the modes of its directories are.</summary>
public static unsafe class TreeRemoval
{
    /// <summary>Nothing happens where there is nothing; a symbolic link is not followed. Another file system below is left alone.</summary>
    /// <exception cref="LinuxException">Something cannot be removed; the rest is gone.</exception>
    public static void Remove(string path)
    {
        if (!FileCalls.TryStatus(path, followLink: false, out FileStatus status, out _))
        {
            return;
        }

        if (status.Kind != FileKind.Directory)
        {
            _ = FileCalls.Unlink(path);
            return;
        }

        LinuxException? failure = null;
        MakeReachable(LibC.AT_FDCWD, path, status);
        if (FileCalls.TryOpen(path, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle directory, out Errno errno))
        {
            using (directory)
            {
                Empty(directory, (status.DeviceMajor, status.DeviceMinor), ref failure);
            }
        }
        else
        {
            failure = new LinuxException("open", path, errno);
        }

        Unlink(LibC.AT_FDCWD, path, TreeLibC.AT_REMOVEDIR, ref failure);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static void Empty(SafeFileHandle directory, (uint, uint) device, ref LinuxException? failure)
    {
        List<string> names = DirectoryCalls.List(directory);
        int fd = FileCalls.Number(directory);
        foreach (string name in names)
        {
            if (!FileCalls.TryStatusAt(directory, name, out FileStatus status, out _))
            {
                continue;
            }

            if (status.Kind != FileKind.Directory)
            {
                Unlink(fd, name, 0, ref failure);
                continue;
            }

            if ((status.DeviceMajor, status.DeviceMinor) != device)
            {
                failure ??= new LinuxException("rmdir", name, Errno.EBUSY);
                continue;
            }

            MakeReachable(fd, name, status);
            if (FileCalls.TryOpenAt(directory, name, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle below, out Errno errno))
            {
                using (below)
                {
                    Empty(below, device, ref failure);
                }
            }
            else
            {
                failure ??= new LinuxException("open", name, errno);
            }

            Unlink(fd, name, TreeLibC.AT_REMOVEDIR, ref failure);
        }
    }

    private static void MakeReachable(int parent, string name, FileStatus status)
    {
        const int OwnerAll = 0x1C0;
        if ((status.Permissions & OwnerAll) != OwnerAll)
        {
            fixed (byte* path = ByteText.ToNative(name))
            {
                // A refusal shows when the directory is opened.
                _ = TreeLibC.fchmodat(parent, path, OwnerAll, 0);
            }
        }
    }

    private static void Unlink(int parent, string name, int flags, ref LinuxException? failure)
    {
        fixed (byte* path = ByteText.ToNative(name))
        {
            if (LibC.unlinkat(parent, path, flags) != 0 && FileCalls.LastErrno() is not Errno.ENOENT and var errno)
            {
                failure ??= new LinuxException(flags == 0 ? "unlink" : "rmdir", name, errno);
            }
        }
    }
}
