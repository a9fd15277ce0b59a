using System;
using System.Runtime.InteropServices;
using Kerr.Linux.Files;

namespace Kerr.Linux;

/// <summary>Who sent a datagram, as the kernel says: SCM_CREDENTIALS, <c>unix(7)</c>. A sender can name another only with privileges.</summary>
public readonly record struct DatagramSender(int Pid, uint Uid, uint Gid);

/// <summary>A local datagram socket. Sending waits no longer than is asked for: what the other side does not take by then is lost.</summary>
public sealed unsafe partial class DatagramSocket : IDisposable
{
    private const int AF_UNIX = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;
    private const int SOL_SOCKET = SocketMessage.SOL_SOCKET, SO_RCVBUFFORCE = 33, SO_PASSCRED = 16, SCM_CREDENTIALS = 2;
    private const int AddressSize = 110, LongestPath = 107; // struct sockaddr_un

    private readonly int _socket;
    private bool _closed;

    private DatagramSocket(int socket) => _socket = socket;

    public int Descriptor => _socket;

    /// <summary>Connects to the socket of whoever listens at a path; null when nobody does, or not for us.</summary>
    public static DatagramSocket? Connect(string path)
    {
        if (path.Length > LongestPath || MakeSocket() is not (>= 0 and int made))
        {
            return null;
        }

        byte* address = stackalloc byte[AddressSize];
        Name(path, address);
        if (connect(made, address, AddressSize) == 0)
        {
            return new DatagramSocket(made);
        }

        DescriptorIo.Close(made);
        return null;
    }

    /// <summary>Listens at a path, where each message comes with its sender. What is there of the same kind is replaced.</summary>
    /// <param name="mode">Who may send: those who may write to it.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static DatagramSocket Listen(string path, uint mode, int bufferSize)
    {
        int made = MakeSocket();
        if (made < 0)
        {
            throw LinuxException.Last("socket", path);
        }

        var socket = new DatagramSocket(made);
        try
        {
            int yes = 1;
            if (setsockopt(made, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(int)) != 0)
            {
                throw LinuxException.Last("setsockopt", path);
            }

            _ = setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &bufferSize, sizeof(int)); // root's; others keep what they have
            if (FileSystem.TryStat(path, follow: false) is { Kind: FileKind.Socket })
            {
                FileCalls.Unlink(path);
            }

            byte* address = stackalloc byte[AddressSize];
            Name(path, address);

            // The mode is right from the first moment.
            uint before = umask(0x1FF & ~mode);
            int bound = bind(made, address, AddressSize);
            int error = Marshal.GetLastPInvokeError();
            _ = umask(before);
            if (bound != 0)
            {
                throw new LinuxException("bind", path, (Errno)error);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one message, or says why it was not taken: EAGAIN for a reader that does not keep up within so many milliseconds.</summary>
    public Errno Send(ReadOnlySpan<byte> message, int milliseconds = 0)
    {
        Errno error = SendNow(message);
        if (error == Errno.EAGAIN && milliseconds > 0)
        {
            // Of many senders that wait for one place one gets it: the time is kept, not the number of tries.
            long until = Environment.TickCount64 + milliseconds;
            for (long left = milliseconds; error == Errno.EAGAIN && left > 0; left = until - Environment.TickCount64)
            {
                _ = Poll.Await(_socket, PollEvent.POLLOUT, (int)left);
                error = SendNow(message);
            }
        }

        return error;
    }

    /// <summary>Takes one message; its length, or −1 when none came within so many milliseconds.</summary>
    public int Receive(Span<byte> buffer, int milliseconds, out DatagramSender sender)
    {
        sender = new DatagramSender(0, uint.MaxValue, uint.MaxValue);
        if (Poll.Await(_socket, PollEvent.POLLIN, milliseconds) <= 0)
        {
            return -1;
        }

        fixed (byte* start = buffer)
        {
            Control control = default;
            var data = new IoVector(start, buffer.Length);
            SocketMessage message = SocketMessage.Of(&data, &control, sizeof(Control));
            nint count = message.Receive(_socket, MSG_DONTWAIT);
            if (count >= 0 && message.ControlLength >= 28 && control.Level == SOL_SOCKET && control.Type == SCM_CREDENTIALS)
            {
                sender = new DatagramSender(control.Pid, control.Uid, control.Gid);
            }

            return (int)count;
        }
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            DescriptorIo.Close(_socket);
        }
    }

    private Errno SendNow(ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            return sendto(_socket, start, message.Length, MSG_DONTWAIT | MSG_NOSIGNAL, null, 0) == message.Length ? Errno.None : FileCalls.LastErrno();
        }
    }

    private static int MakeSocket() => socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    private static void Name(string path, byte* address)
    {
        new Span<byte>(address, AddressSize).Clear();
        address[0] = AF_UNIX;
        for (int i = 0; i < path.Length && i < LongestPath; i++)
        {
            address[2 + i] = (byte)path[i];
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, byte* address, int length);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, int* value, int size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendto(int socket, byte* data, nint length, int flags, byte* address, int addressLength);

    // struct cmsghdr with struct ucred behind it.
    private struct Control
    {
        internal nint Length;
        internal int Level;
        internal int Type;
        internal int Pid;
        internal uint Uid;
        internal uint Gid;
        internal int Padding;
    }
}
