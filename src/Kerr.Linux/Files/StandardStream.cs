using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Kerr.Linux.Files;

/// <summary>Standard output and error, written with <c>write(2)</c> alone.</summary>
/// <remarks>
/// <see cref="Console"/> would install signal handlers and terminal settings, and costs milliseconds. A line is one
/// call, so that lines of many ranks do not mix.
/// </remarks>
public static partial class StandardStream
{
    public const int Input = 0, Output = 1, Error = 2;

    /// <summary>How errors name standard output.</summary>
    public const string OutputName = "standard output";

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int fd, byte* buffer, nuint count);

    /// <summary>Writes text in which each character is one byte.</summary>
    /// <exception cref="LinuxException">With EPIPE when nobody reads any more.</exception>
    public static void Write(int fd, string text)
    {
        byte[]? large = null;
        Span<byte> bytes = text.Length <= 1024 ? stackalloc byte[1024] : large = new byte[text.Length];
        int length = Encoding.Latin1.GetBytes(text, bytes);
        WriteAll(fd, bytes[..length], fd == Output ? OutputName : "standard error");
    }

    /// <summary>What is typed up to the end of the line, without it; empty at the end of the input.</summary>
    public static unsafe string ReadLine()
    {
        // One byte at a time: what follows the line belongs to whoever reads next.
        const int longest = 4096;
        var line = new StringBuilder();
        byte one;
        while (line.Length < longest)
        {
            nint count = read(Input, &one, 1);
            if (count == 1 && one != (byte)'\n')
            {
                line.Append((char)one);
            }
            else if (count >= 0 || (Errno)Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                break;
            }
        }

        return line.ToString();
    }

    /// <summary>Writes bytes as they are.</summary>
    /// <exception cref="LinuxException">With EPIPE when nobody reads any more.</exception>
    public static void Write(int fd, ReadOnlySpan<byte> bytes) => WriteAll(fd, bytes, fd == Output ? OutputName : "standard error");

    /// <summary>Writes all bytes, in as many calls as the kernel wants.</summary>
    /// <exception cref="LinuxException"/>
    internal static unsafe void WriteAll(int fd, ReadOnlySpan<byte> bytes, string subject)
    {
        while (!bytes.IsEmpty)
        {
            nint written;

            fixed (byte* start = bytes)
            {
                written = write(fd, start, (nuint)bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else
            {
                Errno errno = (Errno)Marshal.GetLastPInvokeError();

                if (errno == Errno.EAGAIN)
                {
                    // Someone who shares the terminal or pipe has made it non-blocking.
                    _ = Poll.Await(fd, PollEvent.POLLOUT, -1);
                }
                else if (errno != Errno.EINTR)
                {
                    throw new LinuxException("write to", subject, errno);
                }
            }
        }
    }
}
