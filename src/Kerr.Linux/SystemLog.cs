using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kerr.Linux.Processes;

namespace Kerr.Linux;

/// <summary>The host's log, syslog(3): opened early, so that a confined program can still tell. Nothing ever waits for it.</summary>
public sealed unsafe partial class SystemLog
{
    private const string Socket = "/dev/log";
    private const int AF_UNIX = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;
    private const int LOG_USER = 8, LOG_ERR = 3;

    private readonly string _program;
    private readonly int _socket;

    /// <param name="program">Who is telling.</param>
    public SystemLog(string program)
    {
        _program = program;
        _socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        byte* address = stackalloc byte[110]; // struct sockaddr_un
        new Span<byte>(address, 110).Clear();
        address[0] = AF_UNIX;
        Encoding.Latin1.GetBytes(Socket, new Span<byte>(address + 2, 100));

        // On a host without a log the lines are lost.
        _ = _socket >= 0 ? connect(_socket, address, 110) : -1;
    }

    /// <summary>Tells of an error; control characters become question marks, since the text may quote an image.</summary>
    public void Error(string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"<{LOG_USER | LOG_ERR}>{_program}[{CurrentProcess.Id}]: {text}");
        byte[] bytes = Encoding.Latin1.GetBytes(line);
        foreach (ref byte character in bytes.AsSpan())
        {
            character = character is < 0x20 or 0x7F ? (byte)'?' : character;
        }

        fixed (byte* start = bytes)
        {
            _ = sendto(_socket, start, bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL, null, 0);
        }
    }

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int connect(int socket, byte* address, int length);

    [LibraryImport("libc")]
    private static partial nint sendto(int socket, byte* data, nint length, int flags, byte* address, int addressLength);
}
