using System;
using System.Runtime.InteropServices;
using System.Text;
using Kerr.Linux.Files;

namespace Kerr.Linux.Processes;

/// <summary>Questions to whoever sits before standard input.</summary>
public static unsafe partial class Terminal
{
    private const int Input = 0;

    // struct termios of Linux: four words of flags, the third-last of which is c_lflag; glibc's is 60 bytes.
    private const int TermiosSize = 128, LocalFlagsAt = 12;
    private const uint ECHO = 8, ECHONL = 0x40;

    /// <summary>Asks at the terminal for something that cannot be done without.</summary>
    /// <param name="hidden">What is typed is not shown.</param>
    /// <exception cref="UserException">There is no terminal to ask at.</exception>
    public static string Ask(string question, bool hidden)
    {
        if (!CurrentProcess.IsTerminal(Input))
        {
            throw new UserException($"there is no terminal to ask at: {question.TrimEnd(' ', ':')}", "give it by an option, a variable or --password-stdin");
        }

        byte* before = stackalloc byte[TermiosSize];
        bool quiet = hidden && tcgetattr(Input, before) == 0;
        if (quiet)
        {
            byte* during = stackalloc byte[TermiosSize];
            new ReadOnlySpan<byte>(before, TermiosSize).CopyTo(new Span<byte>(during, TermiosSize));
            uint* flags = (uint*)(during + LocalFlagsAt);
            *flags = (*flags & ~ECHO) | ECHONL;
            _ = tcsetattr(Input, 0, during);
        }

        try
        {
            return Answer(question);
        }
        finally
        {
            if (quiet)
            {
                _ = tcsetattr(Input, 0, before);
            }
        }
    }

    /// <summary>Asks on standard error and gives the line that comes from standard input.</summary>
    /// <exception cref="UserException">None comes.</exception>
    public static string Answer(string question)
    {
        StandardStream.Write(StandardStream.Error, question);
        var line = new StringBuilder();
        byte c;
        while (true)
        {
            nint count = read(Input, &c, 1);
            if (count < 0 && (Errno)Marshal.GetLastPInvokeError() == Errno.EINTR)
            {
                continue;
            }

            if (count <= 0)
            {
                throw new UserException("standard input ended before an answer came", "answer at a terminal, or use an option that needs no answer");
            }

            if (c == (byte)'\n')
            {
                return line.ToString();
            }

            line.Append((char)c);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc")]
    private static partial int tcgetattr(int fd, byte* settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int fd, int when, byte* settings);
}
