using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A file that is read and replaced as a whole: configuration, an entry of /proc.</summary>
public static partial class SmallFile
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int fd, uint user, uint group);

    /// <summary>Its content.</summary>
    /// <param name="path">Followed through symbolic links.</param>
    /// <param name="limit">More bytes than this are refused.</param>
    /// <exception cref="LinuxException">It cannot be opened or read.</exception>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="limit"/>.</exception>
    public static byte[] Read(string path, int limit)
    {
        // O_NONBLOCK: opening a FIFO must not wait for a writer.
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
        return ReadToEnd(file, FileCalls.Status(file), path, limit);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    /// <summary>Its content, or null when it cannot be opened or is a directory.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="limit"/>.</exception>
    public static byte[]? TryRead(string path, int limit)
    {
        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK, out SafeFileHandle file, out _))
        {
            return null;
        }

        using (file)
        {
            FileStatus status = FileCalls.Status(file);
            return status.Kind == FileKind.Directory ? null : ReadToEnd(file, status, path, limit);
        }
    }

    /// <summary>The content of a short file of /proc or /sys, or null when it cannot be read: a third of the calls of <see cref="TryRead"/>, and no memory.</summary>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="limit"/>.</exception>
    public static string? TryReadKernelText(string path, int limit)
    {
        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK, out SafeFileHandle file, out _))
        {
            return null;
        }

        using (file)
        {
            Span<byte> buffer = stackalloc byte[4096];
            int length = 0;
            while (length < buffer.Length)
            {
                int count = DescriptorIo.Read(FileCalls.Number(file), buffer[length..]);
                if (count <= 0)
                {
                    return count < 0 ? null : ByteText.FromNative(buffer[..length]);
                }

                length += count;
            }
        }

        return TryRead(path, limit) is { } whole ? ByteText.FromNative(whole) : null;
    }

    /// <summary>Replaces the content in one step: readers see the old file or the new one, also after a crash.</summary>
    /// <remarks>
    /// Owner and mode stay (the group too, if it matters). A symbolic link stays too: what it leads to is replaced. The new file is made in the same
    /// directory, since rename(2) does not cross mounts.
    /// </remarks>
    /// <exception cref="LinuxException">The file is as it was.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string target = FileSystem.RealPath(path) ?? throw LinuxException.Last("resolve", path);
        FileStatus status = FileSystem.TryStat(target) ?? throw LinuxException.Last("stat", target);
        string temporary = $"{target}.{Processes.CurrentProcess.Id}.tmp";
        try
        {
            using (SafeFileHandle file = FileCalls.Open(
                temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0b110_000_000))
            {
                FileStatus made = FileCalls.Status(file);

                // The mode comes after the owner: chown(2) clears set-id bits.
                if ((made.Uid != status.Uid || made.Gid != status.Gid)
                    && fchown(FileCalls.Number(file), status.Uid, status.Gid) != 0)
                {
                    throw LinuxException.Last("chown", temporary);
                }

                FileCalls.SetPermissions(file, (uint)status.Permissions);
                FileCalls.Write(file, 0, content);
                FileCalls.Sync(file);
            }

            FileCalls.Rename(temporary, target);
        }
        catch
        {
            _ = FileCalls.Unlink(temporary);
            throw;
        }
    }

    private static byte[] ReadToEnd(SafeFileHandle file, FileStatus status, string path, int limit)
    {
        // The files of /proc say that they are empty.
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)long.Min(limit, status.Size > 0 ? status.Size : 4096) + 1);
        int length = 0;
        bool stream = status.Kind is not (FileKind.Regular or FileKind.Directory);
        if (stream)
        {
            // A pipe, as of `--env-file <(command)`: now that it is open, wait for what its writer has to say.
            const int F_SETFL = 4;
            _ = fcntl(FileCalls.Number(file), F_SETFL, 0);
        }

        while (true)
        {
            int got = stream ? ReadStream(file, path, buffer.AsSpan(length)) : FileCalls.Read(file, length, buffer.AsSpan(length));
            length += got;

            if (length > limit)
            {
                throw new InvalidDataException($"{path} is longer than {limit} bytes");
            }

            if (length < buffer.Length)
            {
                return buffer[..length];
            }

            Array.Resize(ref buffer, (int)Math.Min((long)limit + 1, buffer.Length * 2L));
        }
    }

    /// <summary>Reads until the buffer is full or the writer is done.</summary>
    private static unsafe int ReadStream(SafeFileHandle file, string path, Span<byte> buffer)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = read(FileCalls.Number(file), start + done, buffer.Length - done);
                if (count == 0)
                {
                    break;
                }

                if (count < 0 && FileCalls.LastErrno() != Errno.EINTR)
                {
                    throw LinuxException.Last("read", path);
                }

                done += int.Max((int)count, 0);
            }
        }

        return done;
    }
}
