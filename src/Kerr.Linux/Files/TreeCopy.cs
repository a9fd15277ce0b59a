using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>Copies files and directory trees; hard links within one copy stay hard links.</summary>
/// <param name="followLinks">Symbolic links become what they lead to, else they are copied as they are.</param>
/// <param name="keep">Owners, set-id bits, times and extended attributes are kept where the kernel lets us; else files are the caller's and new.</param>
/// <param name="skipped">Told of devices and sockets that could not be made, by their path.</param>
public sealed unsafe class TreeCopy(bool followLinks, bool keep, Action<string>? skipped = null, CancellationToken cancel = default)
{
    private const int Deepest = 1024;
    private readonly Dictionary<FileIdentity, string> _links = [];
    private FileStatus _root;
    private int _depth;

    /// <summary>
    /// Copies <paramref name="source"/> to the name <paramref name="target"/>: a directory is merged into one that is
    /// there, other things are replaced. The parent of the target must be there.
    /// </summary>
    /// <exception cref="LinuxException">Something cannot be read or written; what was copied before stays.</exception>
    public void Copy(string source, string target)
    {
        cancel.ThrowIfCancellationRequested();
        FileStatus status = Status(source);
        switch (status.Kind)
        {
            case FileKind.Directory:
                CopyDirectory(source, target, status);
                break;
            case FileKind.Regular:
                CopyRegular(source, target, status);
                break;
            case FileKind.SymbolicLink:
                _ = FileCalls.Unlink(target);
                MakeSymlink(FileSystem.ReadLink(source) ?? throw LinuxException.Last("readlink", source), target);
                Finish(target, status);
                break;
            default:
                CopyNode(source, target, status);
                break;
        }
    }

    /// <summary>Makes a symbolic link.</summary>
    public static void MakeSymlink(string content, string path)
    {
        fixed (byte* to = ByteText.ToNative(content), at = ByteText.ToNative(path))
        {
            Check(TreeLibC.symlinkat(to, LibC.AT_FDCWD, at), "symlink", path);
        }
    }

    /// <summary>Sets the permission bits of what a path names.</summary>
    public static void SetMode(string path, uint mode)
    {
        fixed (byte* at = ByteText.ToNative(path))
        {
            Check(TreeLibC.fchmodat(LibC.AT_FDCWD, at, mode, 0), "chmod", path);
        }
    }

    private FileStatus Status(string path)
        => FileCalls.TryStatus(path, followLinks, out FileStatus status, out Errno errno) ? status : throw new LinuxException("stat", path, errno);

    private void CopyDirectory(string source, string target, FileStatus status)
    {
        if (_depth == Deepest)
        {
            throw new LinuxException("open", source, Errno.ELOOP);
        }

        bool made = false;
        if (FileCalls.TryStatus(target, followLink: true, out FileStatus there, out _) && there.IsDirectory)
        {
            // Merged.
        }
        else
        {
            _ = FileCalls.Unlink(target);
            FileSystem.MakeDirectory(target, 0x1C0);
            made = true;
        }

        if (_depth == 0)
        {
            _root = FileCalls.TryStatus(target, followLink: true, out FileStatus root, out _) ? root : default;
        }

        List<string> names;
        using (SafeFileHandle directory = FileCalls.Open(source, OpenFlags.O_DIRECTORY))
        {
            names = DirectoryCalls.List(directory);
        }

        names.Sort(StringComparer.Ordinal);
        _depth++;
        foreach (string name in names)
        {
            // A directory that is copied into itself would never end.
            if (FileCalls.TryStatus($"{source}/{name}", followLinks, out FileStatus entry, out _)
                && entry.IsDirectory && entry.Identity == _root.Identity)
            {
                continue;
            }

            Copy($"{source}/{name}", $"{target}/{name}");
        }

        _depth--;
        if (made || keep)
        {
            if (keep)
            {
                CopyAttributes(source, target);
            }

            Finish(target, status);
        }
    }

    private void CopyRegular(string source, string target, FileStatus status)
    {
        _ = FileCalls.Unlink(target);
        if (status.Links > 1 && !followLinks)
        {
            if (_links.TryGetValue(status.Identity, out string? first))
            {
                fixed (byte* from = ByteText.ToNative(first), to = ByteText.ToNative(target))
                {
                    Check(LibC.linkat(LibC.AT_FDCWD, from, LibC.AT_FDCWD, to, 0), "link", target);
                }

                return;
            }

            _links[status.Identity] = target;
        }

        using (SafeFileHandle from = FileCalls.Open(source, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK))
        using (SafeFileHandle to = FileCalls.Open(target, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180))
        {
            CopyContent(from, to, target);
            if (keep)
            {
                CopyAttributes(from, to);
            }
        }

        Finish(target, status);
    }

    private void CopyContent(SafeFileHandle from, SafeFileHandle to, string target)
    {
        const int Step = 16 << 20;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            nint count = TreeLibC.copy_file_range(FileCalls.Number(from), null, FileCalls.Number(to), null, Step, 0);
            if (count == 0)
            {
                return;
            }

            if (count < 0)
            {
                switch (FileCalls.LastErrno())
                {
                    case Errno.EINTR:
                        continue;
                    case Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG or Errno.EIO:
                        throw LinuxException.Last("write", target);
                    default:
                        CopyByBuffer(from, to);     // other file systems, older kernels
                        return;
                }
            }
        }
    }

    private static void CopyByBuffer(SafeFileHandle from, SafeFileHandle to)
    {
        var buffer = new byte[1 << 20];
        long at = FileCalls.Status(to).Size;
        for (int count; (count = FileCalls.Read(from, at, buffer)) > 0; at += count)
        {
            FileCalls.Write(to, at, buffer.AsSpan(0, count));
        }
    }

    private void CopyNode(string source, string target, FileStatus status)
    {
        // Sockets are of no use to anybody but their owner; devices need a privilege over the host.
        _ = FileCalls.Unlink(target);
        fixed (byte* at = ByteText.ToNative(target))
        {
            bool made = keep && status.Kind == FileKind.Fifo && TreeLibC.mknodat(LibC.AT_FDCWD, at, (uint)status.Kind | 0x180, 0) == 0;
            if (!made)
            {
                skipped?.Invoke(source);
                return;
            }
        }

        Finish(target, status);
    }

    private void Finish(string target, FileStatus status)
    {
        bool link = status.Kind == FileKind.SymbolicLink;
        fixed (byte* at = ByteText.ToNative(target))
        {
            if (keep)
            {
                // Owners that are not in the namespace, or that only root may give: the file stays ours.
                _ = TreeLibC.fchownat(LibC.AT_FDCWD, at, status.Uid, status.Gid, LibC.AT_SYMLINK_NOFOLLOW);
            }

            // After the owner: chown(2) clears set-id bits.
            if (!link)
            {
                Check(TreeLibC.fchmodat(LibC.AT_FDCWD, at, (uint)status.Permissions & (keep ? 0xFFFu : 0x1FFu), 0), "chmod", target);
            }

            if (keep)
            {
                long* times = stackalloc long[4];
                times[0] = 0;
                times[1] = TreeLibC.UTIME_OMIT;
                times[2] = status.ModifiedAt;
                times[3] = 0;
                Check(TreeLibC.utimensat(LibC.AT_FDCWD, at, times, LibC.AT_SYMLINK_NOFOLLOW), "utimensat", target);
            }
        }
    }

    private static void CopyAttributes(string source, string target)
    {
        using SafeFileHandle from = FileCalls.Open(source, OpenFlags.O_DIRECTORY);
        using SafeFileHandle to = FileCalls.Open(target, OpenFlags.O_DIRECTORY);
        CopyAttributes(from, to);
    }

    // What the target's file system or our privileges do not take is left out: no program depends on it.
    private static void CopyAttributes(SafeFileHandle from, SafeFileHandle to)
    {
        const int Most = 65536;
        byte* list = stackalloc byte[4096];
        nint length = TreeLibC.flistxattr(FileCalls.Number(from), list, 4096);
        byte[]? value = null;
        for (nint at = 0; at < length;)
        {
            byte* name = list + at;
            ReadOnlySpan<byte> text = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            at += text.Length + 1;
            if (!text.StartsWith("user."u8) && !text.SequenceEqual("security.capability"u8))
            {
                continue;
            }

            if (text.StartsWith("user.overlay."u8))
            {
                continue;
            }

            value ??= new byte[Most];
            fixed (byte* bytes = value)
            {
                nint size = TreeLibC.fgetxattr(FileCalls.Number(from), name, bytes, Most);
                if (size >= 0)
                {
                    _ = TreeLibC.fsetxattr(FileCalls.Number(to), name, bytes, (nuint)size, 0);
                }
            }
        }
    }

    private static void Check(int result, string call, string subject)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, subject);
        }
    }
}
