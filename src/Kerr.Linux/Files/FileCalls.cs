using System;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>Opening, reading and writing files by name and by descriptor; failures are <see cref="LinuxException"/>.</summary>
/// <remarks>Strings are Latin-1: one character per byte of the name.</remarks>
public static unsafe class FileCalls
{
    /// <summary>Opens a file, close-on-exec; false and the error number where the kernel refuses.</summary>
    public static bool TryOpen(string path, OpenFlags flags, out SafeFileHandle handle, out Errno errno, uint mode = 0)
        => TryOpenAt(LibC.AT_FDCWD, path, flags, out handle, out errno, mode);

    /// <summary>As <see cref="TryOpen(string, OpenFlags, out SafeFileHandle, out Errno, uint)"/>, below a directory.</summary>
    public static bool TryOpenAt(
        SafeFileHandle directory, string path, OpenFlags flags, out SafeFileHandle handle, out Errno errno)
        => TryOpenAt(Number(directory), path, flags, out handle, out errno, 0);

    /// <summary>Opens a file, close-on-exec.</summary>
    public static SafeFileHandle Open(string path, OpenFlags flags, uint mode = 0)
        => TryOpen(path, flags, out SafeFileHandle handle, out Errno errno, mode)
            ? handle
            : throw new LinuxException("open", path, errno);

    /// <summary>Opens again, to read, what a descriptor of O_PATH stands for; through <c>/proc</c>.</summary>
    public static bool TryReopen(SafeFileHandle place, OpenFlags flags, out SafeFileHandle handle, out Errno errno)
        => TryOpen($"/proc/self/fd/{Number(place)}", flags, out handle, out errno);

    /// <summary>Another descriptor of the same open file, close-on-exec.</summary>
    public static bool TryDuplicate(SafeFileHandle handle, out SafeFileHandle copy, out Errno errno)
    {
        const int F_DUPFD_CLOEXEC = 1030;
        int fd = LibC.fcntl(Number(handle), F_DUPFD_CLOEXEC, 3);
        errno = fd >= 0 ? Errno.None : LastErrno();
        copy = new SafeFileHandle(fd, ownsHandle: true);
        return fd >= 0;
    }

    /// <summary>The status of an open file.</summary>
    public static FileStatus Status(SafeFileHandle handle)
    {
        byte empty = 0;
        byte* buffer = stackalloc byte[FileStatus.StatxSize];
        return LibC.statx(Number(handle), &empty, LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, buffer) == 0
            ? FileStatus.Parse(new ReadOnlySpan<byte>(buffer, FileStatus.StatxSize))
            : throw LinuxException.Last("statx");
    }

    /// <summary>The status of what a path names; false and the error number where there is none.</summary>
    public static bool TryStatus(string path, bool followLink, out FileStatus status, out Errno errno)
        => TryStatusAt(LibC.AT_FDCWD, path, followLink ? 0 : LibC.AT_SYMLINK_NOFOLLOW, out status, out errno);

    /// <summary>The status of a name in a directory; a symbolic link is not followed.</summary>
    public static bool TryStatusAt(SafeFileHandle directory, string name, out FileStatus status, out Errno errno)
        => TryStatusAt(Number(directory), name, LibC.AT_SYMLINK_NOFOLLOW, out status, out errno);

    /// <summary>Where the symbolic link points that <paramref name="link"/> is (opened with O_PATH and O_NOFOLLOW).</summary>
    public static string ReadLink(SafeFileHandle link)
    {
        byte empty = 0;
        Span<byte> target = stackalloc byte[PathBytes.StackSize];
        fixed (byte* buffer = target)
        {
            nint length = LibC.readlinkat(Number(link), &empty, buffer, target.Length);
            return length >= 0 ? Encoding.Latin1.GetString(target[..(int)length]) : throw LinuxException.Last("readlink");
        }
    }

    /// <summary>Whether the process's effective identity may read (and, for a directory, enter) <paramref name="path"/>.</summary>
    public static bool MayRead(string path, bool andEnter, out Errno errno)
    {
        const int X_OK = 1;
        const int R_OK = 4;
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            bool may = LibC.faccessat(LibC.AT_FDCWD, name, andEnter ? R_OK | X_OK : R_OK, LibC.AT_EACCESS) == 0;
            errno = may ? Errno.None : LastErrno();
            return may;
        }
    }

    /// <summary>Reads from a position until <paramref name="buffer"/> is full or the file ends; gives the count.</summary>
    public static int Read(SafeFileHandle handle, long offset, Span<byte> buffer)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = LibC.pread(Number(handle), start + done, buffer.Length - done, offset + done);
                if (count == 0)
                {
                    break;
                }

                if (count > 0)
                {
                    done += (int)count;
                }
                else if (LastErrno() != Errno.EINTR)
                {
                    throw LinuxException.Last("pread");
                }
            }
        }

        return done;
    }

    /// <summary>Writes all of <paramref name="data"/> at a position.</summary>
    public static void Write(SafeFileHandle handle, long offset, ReadOnlySpan<byte> data)
    {
        int done = 0;
        fixed (byte* start = data)
        {
            while (done < data.Length)
            {
                nint count = LibC.pwrite(Number(handle), start + done, data.Length - done, offset + done);
                if (count >= 0)
                {
                    done += (int)count;
                }
                else if (LastErrno() != Errno.EINTR)
                {
                    throw LinuxException.Last("pwrite");
                }
            }
        }
    }

    /// <summary>Copies all bytes of a file into another, sharing them where the file system can (copy_file_range(2)).</summary>
    public static void Copy(SafeFileHandle from, SafeFileHandle to)
    {
        long size = Status(from).Size;
        long at = 0;
        while (at < size)
        {
            long source = at, target = at;
            nint count = LibC.copy_file_range(Number(from), &source, Number(to), &target, (nint)Math.Min(size - at, 1 << 30), 0);
            if (count <= 0)
            {
                break;      // EXDEV, EINVAL, ENOSYS: by hand; a full disk says so again
            }

            at += count;
        }

        var buffer = at < size ? new byte[1 << 20] : [];
        for (int count; at < size && (count = Read(from, at, buffer)) > 0; at += count)
        {
            Write(to, at, buffer.AsSpan(0, count));
        }
    }

    /// <summary>Makes the file this long: shorter, or longer with zeros.</summary>
    public static void SetLength(SafeFileHandle handle, long length)
        => Check(LibC.ftruncate(Number(handle), length), "ftruncate", null);

    /// <summary>
    /// Makes the file reach to the end of a range and takes its blocks from the disk now; what it holds stays. Where the file
    /// system cannot (NFS before 4.2), holes at its end become zeros that are written.
    /// </summary>
    public static void Allocate(SafeFileHandle handle, long offset, long length)
    {
        int result;
        do
        {
            result = LibC.fallocate(Number(handle), 0, offset, length);
        }
        while (result != 0 && LastErrno() == Errno.EINTR);
        if (result == 0)
        {
            return;
        }

        if (LastErrno() is not (Errno.EOPNOTSUPP or Errno.ENOSYS))
        {
            throw LinuxException.Last("fallocate");
        }

        var zeros = new byte[1 << 20];
        for (long at = Math.Max(offset, Status(handle).Size), end = offset + length; at < end; at += zeros.Length)
        {
            Write(handle, at, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - at)));
        }
    }

    /// <summary>Sets an extended attribute of an open file; false where the file system has none or the caller may not.</summary>
    public static bool TrySetAttribute(SafeFileHandle handle, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* native = PathBytes.Of(name, stackalloc byte[256]))
        fixed (byte* bytes = value)
        {
            return LibC.fsetxattr(Number(handle), native, bytes, value.Length, 0) == 0;
        }
    }

    /// <summary>An extended attribute of an open file that is at most <paramref name="limit"/> bytes long; null without one.</summary>
    public static byte[]? TryGetAttribute(SafeFileHandle handle, string name, int limit)
    {
        var value = new byte[limit];
        fixed (byte* native = PathBytes.Of(name, stackalloc byte[256]))
        fixed (byte* bytes = value)
        {
            nint length = LibC.fgetxattr(Number(handle), native, bytes, limit);
            return length >= 0 ? value[..(int)length] : null;
        }
    }

    /// <summary>Sets the permission bits of an open file.</summary>
    public static void SetPermissions(SafeFileHandle handle, uint mode)
        => Check(LibC.fchmod(Number(handle), mode), "fchmod", null);

    /// <summary>Waits until the file's bytes are on its disk.</summary>
    public static void Sync(SafeFileHandle handle) => Check(LibC.fsync(Number(handle)), "fsync", null);

    /// <summary>Gives a file another name, in place of what has it now.</summary>
    public static void Rename(string from, string to)
    {
        if (!TryRename(from, to, out Errno errno))
        {
            throw new LinuxException("rename", $"{from} to {to}", errno);
        }
    }

    public static bool TryRename(string from, string to, out Errno errno)
    {
        fixed (byte* source = PathBytes.Of(from, stackalloc byte[PathBytes.StackSize]))
        fixed (byte* target = PathBytes.Of(to, stackalloc byte[PathBytes.StackSize]))
        {
            errno = LibC.renameat(LibC.AT_FDCWD, source, LibC.AT_FDCWD, target) == 0 ? Errno.None : LastErrno();
            return errno == Errno.None;
        }
    }

    /// <summary>Two names change places in one step; where the file system cannot, in two.</summary>
    public static void Exchange(string one, string other)
    {
        const nint RENAME_EXCHANGE = 2;
        fixed (byte* first = PathBytes.Of(one, stackalloc byte[PathBytes.StackSize]))
        fixed (byte* second = PathBytes.Of(other, stackalloc byte[PathBytes.StackSize]))
        {
            if (LibC.syscall((nint)Abi.RenameAt2, LibC.AT_FDCWD, (nint)first, LibC.AT_FDCWD, (nint)second, RENAME_EXCHANGE) == 0)
            {
                return;
            }
        }

        if (LastErrno() is not (Errno.EINVAL or Errno.ENOSYS))
        {
            throw LinuxException.Last("rename", $"{one} to {other}");
        }

        string aside = one + ".old";
        Rename(other, aside);
        Rename(one, other);
        Rename(aside, one);
    }

    /// <summary>Gives a name to an open file that has none (O_TMPFILE); false where the name is taken.</summary>
    public static bool TryLink(SafeFileHandle file, string to)
    {
        // AT_EMPTY_PATH wants CAP_DAC_READ_SEARCH; the way through /proc does not.
        string from = $"/proc/self/fd/{Number(file)}";
        fixed (byte* source = PathBytes.Of(from, stackalloc byte[64]))
        fixed (byte* target = PathBytes.Of(to, stackalloc byte[PathBytes.StackSize]))
        {
            int error = LibC.linkat(LibC.AT_FDCWD, source, LibC.AT_FDCWD, target, LibC.AT_SYMLINK_FOLLOW);
            return error == 0 || (LastErrno() == Errno.EEXIST ? false : throw LinuxException.Last("linkat", to));
        }
    }

    /// <summary>Removes a file's name; false where there was none.</summary>
    public static bool Unlink(string path)
    {
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            if (LibC.unlinkat(LibC.AT_FDCWD, name, 0) == 0)
            {
                return true;
            }
        }

        return LastErrno() == Errno.ENOENT ? false : throw LinuxException.Last("unlink", path);
    }

    /// <summary>Sets the time of the last access to now, also where reading does not (noatime); without effect where that is not allowed.</summary>
    public static void MarkUsed(string path)
    {
        const long UTIME_NOW = (1L << 30) - 1;
        long* times = stackalloc long[4];
        times[0] = times[2] = 0;
        times[1] = UTIME_NOW;
        times[3] = TreeLibC.UTIME_OMIT;
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            _ = TreeLibC.utimensat(LibC.AT_FDCWD, name, times, 0);
        }
    }

    /// <summary>Removes a name below a directory; false when that did not work.</summary>
    internal static bool TryUnlink(int at, string name, bool directory)
    {
        const int AT_REMOVEDIR = 0x200;
        fixed (byte* native = PathBytes.Of(name, stackalloc byte[PathBytes.StackSize]))
        {
            return LibC.unlinkat(at, native, directory ? AT_REMOVEDIR : 0) == 0;
        }
    }

    /// <summary>Sets the permission bits of what a descriptor of O_PATH stands for, through /proc; false when that did not work.</summary>
    internal static bool TrySetPermissions(SafeFileHandle place, uint mode)
    {
        fixed (byte* native = PathBytes.Of($"/proc/self/fd/{Number(place)}", stackalloc byte[64]))
        {
            return LibC.fchmodat(LibC.AT_FDCWD, native, mode, 0) == 0;
        }
    }

    internal static int Number(SafeFileHandle handle)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
        return (int)handle.DangerousGetHandle();
    }

    internal static Errno LastErrno() => (Errno)Marshal.GetLastPInvokeError();

    private static bool TryOpenAt(
        int directory, string path, OpenFlags flags, out SafeFileHandle handle, out Errno errno, uint mode)
    {
        int fd;
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            // Only network and FUSE file systems interrupt an open.
            do
            {
                fd = LibC.openat(directory, name, Abi.Value(flags | OpenFlags.O_CLOEXEC), mode);
            }
            while (fd < 0 && LastErrno() == Errno.EINTR);
        }

        errno = fd >= 0 ? Errno.None : LastErrno();
        handle = new SafeFileHandle(fd, ownsHandle: true);
        return fd >= 0;
    }

    private static bool TryStatusAt(int directory, string path, int flags, out FileStatus status, out Errno errno)
    {
        byte* buffer = stackalloc byte[FileStatus.StatxSize];
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            bool done = LibC.statx(directory, name, flags, LibC.STATX_BASIC_STATS, buffer) == 0;
            errno = done ? Errno.None : LastErrno();
            status = done ? FileStatus.Parse(new ReadOnlySpan<byte>(buffer, FileStatus.StatxSize)) : default;
            return done;
        }
    }

    private static void Check(int result, string call, string? subject)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, subject);
        }
    }
}
