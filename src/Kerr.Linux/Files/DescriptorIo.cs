using System;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>A piece of memory to be written: struct iovec.</summary>
public readonly unsafe struct IoVector(byte* start, nint length)
{
    public byte* Start { get; } = start;

    public nint Length { get; } = length;
}

/// <summary>Reading and writing by descriptor number, for loops: nothing is allocated, an error is its number negated.</summary>
public static unsafe partial class DescriptorIo
{
    /// <summary>One read(2), repeated only when a signal interrupts it.</summary>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = read(fd, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (FileCalls.LastErrno() != Errno.EINTR)
                {
                    return -(int)FileCalls.LastErrno();
                }
            }
        }
    }

    /// <summary>One writev(2), repeated only when a signal interrupts it.</summary>
    public static int Write(int fd, ReadOnlySpan<IoVector> parts)
    {
        fixed (IoVector* start = parts)
        {
            while (true)
            {
                nint count = writev(fd, start, parts.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (FileCalls.LastErrno() != Errno.EINTR)
                {
                    return -(int)FileCalls.LastErrno();
                }
            }
        }
    }

    public static void Close(int fd) => _ = close(fd);

    /// <summary>Whether a read would not wait now; errors count as readable.</summary>
    public static bool IsReadable(int fd) => Poll.Await(fd, PollEvent.POLLIN, 0) != 0;

    /// <summary>Whether the descriptor is a socket.</summary>
    public static bool IsSocket(int fd)
    {
        const int SO_TYPE = 3;
        int type = 0;
        int size = sizeof(int);
        return getsockopt(fd, SocketMessage.SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    }

    /// <summary>Receives a message of one byte with one descriptor (close-on-exec) from a socket; a negative number where it brings none.</summary>
    public static int ReceiveDescriptor(int socket)
    {
        const int MSG_CMSG_CLOEXEC = 0x40000000, SCM_RIGHTS = 1;
        byte word;
        Control control = default;
        var data = new IoVector(&word, 1);
        SocketMessage message = SocketMessage.Of(&data, &control, sizeof(Control));
        nint count = message.Receive(socket, MSG_CMSG_CLOEXEC);
        return count < 0 ? -(int)FileCalls.LastErrno()
            : count == 0 || message.ControlLength < sizeof(Control) - 4 || control.Level != SocketMessage.SOL_SOCKET || control.Type != SCM_RIGHTS
                ? -(int)Errno.EPIPE : control.Descriptor;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint writev(int fd, IoVector* parts, int count);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int socket, int level, int option, int* value, int* size);

    // struct cmsghdr with one descriptor behind it.
    private struct Control
    {
        internal nint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
        internal int Padding;
    }
}
