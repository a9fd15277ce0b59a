using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image.Sandbox;

/// <summary>The files of an image that is a directory; never outside it, whatever its links say. For one thread.</summary>
public sealed class SandboxTree : IImageTree
{
    private readonly SafeFileHandle _root;
    private bool _walks;

    /// <param name="root">The image's directory, opened with O_PATH or for reading; closed with the tree.</param>
    /// <param name="walks">Goes part by part, as it does by itself where the kernel has no openat2 (before 5.6).</param>
    public SandboxTree(SafeFileHandle root, bool walks = false)
    {
        _root = root;
        _walks = walks;
    }

    public bool TryStat(string path, out ImageEntry entry, bool follow = true)
    {
        entry = default;
        if (!TryOpen(path, follow, out SafeFileHandle handle))
        {
            return false;
        }

        using (handle)
        {
            FileStatus status = FileCalls.Status(handle);
            entry = new ImageEntry(status.Kind, status.Permissions, status.Uid, status.Gid, status.Size, status.ModifiedAt);
            return true;
        }
    }

    public byte[]? ReadFile(string path, int limit)
    {
        using SafeFileHandle? file = OpenToRead(path, FileKind.Regular);
        if (file is null)
        {
            return null;
        }

        long size = FileCalls.Status(file).Size;
        return size <= limit ? ReadStart(file, size) : throw new InvalidDataException($"{path} has {size} bytes, more than {limit}");
    }

    public byte[]? ReadStart(string path, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using SafeFileHandle? file = OpenToRead(path, FileKind.Regular);
        return file is null ? null : ReadStart(file, Math.Min(count, FileCalls.Status(file).Size));
    }

    public IFileContent? OpenFile(string path) => OpenToRead(path, FileKind.Regular) is { } file ? new OpenedFile(file) : null;

    public IReadOnlyList<string>? List(string path)
    {
        using SafeFileHandle? directory = OpenToRead(path, FileKind.Directory);
        if (directory is null)
        {
            return null;
        }

        List<string> names = DirectoryCalls.List(directory);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public string? ReadLink(string path)
    {
        if (!TryOpen(path, follow: false, out SafeFileHandle handle))
        {
            return null;
        }

        using (handle)
        {
            return FileCalls.Status(handle).Kind == FileKind.SymbolicLink ? FileCalls.ReadLink(handle) : null;
        }
    }

    public void Dispose() => _root.Dispose();

    private static byte[] ReadStart(SafeFileHandle file, long count)
    {
        var bytes = new byte[count];
        int read = FileCalls.Read(file, 0, bytes);
        return read == count ? bytes : bytes[..read];
    }

    // Devices and pipes are never opened, only looked at: opening one may do something.
    private SafeFileHandle? OpenToRead(string path, FileKind kind)
    {
        if (!TryOpen(path, follow: true, out SafeFileHandle place))
        {
            return null;
        }

        using (place)
        {
            if (FileCalls.Status(place).Kind != kind)
            {
                return null;
            }

            // A descriptor of O_PATH cannot be read from; what it stands for is opened again, not its name.
            bool opened = kind == FileKind.Directory
                ? FileCalls.TryOpenAt(place, ".", OpenFlags.O_DIRECTORY, out SafeFileHandle handle, out Errno errno)
                : FileCalls.TryReopen(place, OpenFlags.O_NONBLOCK, out handle, out errno);
            if (opened)
            {
                return handle;
            }

            handle.Dispose();
            return errno is Errno.EACCES or Errno.EPERM ? null : throw new LinuxException("open", path, errno);
        }
    }

    private bool TryOpen(string path, bool follow, out SafeFileHandle handle)
    {
        OpenFlags flags = OpenFlags.O_PATH | (follow ? 0 : OpenFlags.O_NOFOLLOW);
        if (!_walks)
        {
            string name = path.Length == 0 ? "/" : path;
            if (DirectoryCalls.TryOpenInRoot(_root, name, flags, out handle, out Errno errno))
            {
                return true;
            }

            handle.Dispose();
            if (errno is not (Errno.ENOSYS or Errno.EPERM))
            {
                return NotThere(path, errno);
            }

            // EPERM comes from seccomp filters that are older than the call.
            _walks = true;
        }

        using var walk = new SandboxWalk();
        return walk.TryFind(_root, path, follow, out handle);
    }

    private static bool NotThere(string path, Errno errno)
        => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EACCES or Errno.ENAMETOOLONG
            ? false
            : throw new LinuxException("openat2", path, errno);
}
