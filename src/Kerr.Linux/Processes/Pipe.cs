using System.Runtime.InteropServices;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>The two ends of a <c>pipe(2)</c>, both close-on-exec.</summary>
internal readonly unsafe partial record struct Pipe(SafeFileHandle Reading, SafeFileHandle Writing)
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    /// <exception cref="LinuxException">There is no descriptor left.</exception>
    internal static Pipe Create()
    {
        const int O_CLOEXEC = 0x8_0000;
        int* ends = stackalloc int[2];
        return pipe2(ends, O_CLOEXEC) == 0
            ? new Pipe(new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw LinuxException.Last("pipe2");
    }

    /// <summary>Asks for room for so many bytes; where the user's share of such memory is used up, it stays as it is.</summary>
    internal void Enlarge(int size)
    {
        const int F_SETPIPE_SZ = 1031;
        _ = fcntl(FileCalls.Number(Writing), F_SETPIPE_SZ, size);
    }
}
