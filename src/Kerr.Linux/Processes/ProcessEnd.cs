using System.Runtime.InteropServices;
using System.Threading;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>Waiting for the end of a process that is no child of ours.</summary>
public static partial class ProcessEnd
{
    private const int PidfdOpen = 434;      // the same number on every architecture

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    /// <summary>A descriptor of the process, which stands for it even when its number is given to another; null before Linux 5.3.</summary>
    public static SafeFileHandle? Watch(int pid)
    {
        nint descriptor = LibC.syscall(PidfdOpen, pid, 0, 0, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    /// <summary>Waits until the process of a descriptor has ended.</summary>
    public static void Wait(SafeFileHandle process)
    {
        while (Poll.Await(FileCalls.Number(process), PollEvent.POLLIN, -1) < 0 && FileCalls.LastErrno() == Errno.EINTR)
        {
        }
    }

    /// <summary>The way of older kernels: looks every second whether a process has that number.</summary>
    public static void Wait(int pid)
    {
        while (kill(pid, 0) == 0)
        {
            Thread.Sleep(1000);
        }
    }
}
