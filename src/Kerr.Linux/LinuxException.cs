using System;
using System.Runtime.InteropServices;

namespace Kerr.Linux;

/// <summary>A system call that failed: which call, on what, and how.</summary>
/// <remarks>It knows no remedy: whoever knows what the user was doing turns it into a <see cref="UserException"/>.</remarks>
public sealed class LinuxException : Exception
{
    public LinuxException(string call, string? subject, Errno errno)
        : base($"{call}{(subject is null ? "" : " " + subject)}: {errno.Text()} ({errno.Name()})")
    {
        Call = call;
        Subject = subject;
        Errno = errno;
    }

    /// <summary>The name of the call, as its man page spells it: <c>mount</c>.</summary>
    public string Call { get; }

    /// <summary>What it was called on, <c>/no/such on /mnt</c>; null where it acts on the process itself.</summary>
    public string? Subject { get; }

    public Errno Errno { get; }

    /// <summary>For the line after a P/Invoke with <c>SetLastError</c>: takes the error number that it left.</summary>
    public static LinuxException Last(string call, string? subject = null)
        => new(call, subject, (Errno)Marshal.GetLastPInvokeError());
}
