using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>Paths of the host, as byte text.</summary>
public static partial class FileSystem
{
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statfs(byte* path, long* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint readlink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int access(byte* path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial byte* getcwd(byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial byte* realpath(byte* path, byte* resolved);

    [LibraryImport("libc")]
    private static unsafe partial void free(void* memory);

    /// <summary>Null when there is no such file, or it may not be looked at.</summary>
    public static FileStatus? TryStat(string path, bool follow = true)
        => FileCalls.TryStatus(path, follow, out FileStatus status, out _) ? status : null;

    /// <summary>The magic number of the file system that holds the path; 0 when it cannot be told.</summary>
    public static unsafe long TypeOf(string path)
    {
        long* buffer = stackalloc long[32];     // struct statfs is 120 bytes; f_type comes first
        fixed (byte* native = ByteText.ToNative(path))
        {
            return statfs(native, buffer) == 0 ? buffer[0] : 0;
        }
    }

    /// <summary>How many bytes the caller may still write to the file system that holds the path; null when it cannot be told.</summary>
    public static unsafe long? FreeBytes(string path)
    {
        // struct statfs of 64-bit systems: type, bsize, blocks, bfree, bavail
        long* buffer = stackalloc long[32];
        fixed (byte* native = ByteText.ToNative(path))
        {
            return statfs(native, buffer) == 0 && buffer[4] >= 0 ? buffer[1] * buffer[4] : null;
        }
    }

    /// <summary>What a symlink says; null when it is none or cannot be read.</summary>
    public static unsafe string? ReadLink(string path)
    {
        const int size = 4096;
        byte* buffer = stackalloc byte[size];
        fixed (byte* native = ByteText.ToNative(path))
        {
            nint length = readlink(native, buffer, size);
            return length < 0 ? null : ByteText.FromNative(new ReadOnlySpan<byte>(buffer, (int)length));
        }
    }

    /// <summary>The path without symlinks; null when some part of it is missing or closed to us.</summary>
    public static unsafe string? RealPath(string path)
    {
        fixed (byte* native = ByteText.ToNative(path))
        {
            byte* resolved = realpath(native, null);
            if (resolved is null)
            {
                return null;
            }

            string text = ByteText.FromNative(resolved);
            free(resolved);
            return text;
        }
    }

    /// <summary>The working directory; null when it was deleted or cannot be named.</summary>
    public static unsafe string? WorkingDirectory()
    {
        // The system call knows no path longer than a page; the C library finds those by walking up.
        const int page = 4096, most = 65536;
        byte* small = stackalloc byte[page];
        byte* path = getcwd(small, page);
        if (path is null)
        {
            fixed (byte* native = new byte[most])
            {
                path = getcwd(native, most);
                return Reachable(path);
            }
        }

        return Reachable(path);

        static string? Reachable(byte* path) => path is null || path[0] != (byte)'/' ? null : ByteText.FromNative(path);
    }

    /// <summary>Whether the caller may do this with the file: 4 read, 2 write, 1 execute, 0 it is there.</summary>
    public static unsafe bool IsAccessible(string path, int mode)
    {
        fixed (byte* native = ByteText.ToNative(path))
        {
            return access(native, mode) == 0;
        }
    }

    /// <summary>Makes one directory; nothing happens when it is there.</summary>
    /// <param name="exactly">The mode is not subject to the umask, which changes for a moment: only for programs of one thread.</param>
    public static void MakeDirectory(string path, uint mode, bool exactly = false)
    {
        uint mask = exactly ? umask(0) : 0;
        try
        {
            Make(path, mode);
        }
        finally
        {
            if (exactly)
            {
                _ = umask(mask);
            }
        }
    }

    private static unsafe void Make(string path, uint mode)
    {
        fixed (byte* native = ByteText.ToNative(path))
        {
            if (mkdir(native, mode) != 0)
            {
                var error = LinuxException.Last("mkdir", path);
                if (error.Errno != Errno.EEXIST)
                {
                    throw error;
                }
            }
        }
    }

    /// <summary>Lexical clean-up of an absolute path: no `//`, `.`, `..` or slash at the end.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case "..":
                    if (parts.Count > 0)
                    {
                        parts.RemoveAt(parts.Count - 1);
                    }

                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return "/" + string.Join('/', parts);
    }

    /// <summary><paramref name="path"/> made absolute against <paramref name="directory"/> and cleaned.</summary>
    public static string Absolute(string path, string directory)
        => Clean(path.StartsWith('/') ? path : directory + "/" + path);
}
