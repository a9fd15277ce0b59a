using Kerr.Linux.Files;

namespace Kerr.Linux.Processes;

/// <summary>How a child ended, as <c>waitpid(2)</c> tells it.</summary>
internal readonly record struct WaitStatus(int Value)
{
    /// <summary>The signal that killed it; 0 when it ended by itself.</summary>
    internal int Signal => Value & 0x7F;

    /// <summary>As a shell tells it: 128 and the number for a signal.</summary>
    internal int ExitCode => Signal == 0 ? (Value >> 8) & 0xFF : 128 + Signal;

    /// <summary>Waits for the end of a child, however often a signal interrupts; false when it is none of ours (any more).</summary>
    internal static unsafe bool TryAwait(int pid, out WaitStatus status)
    {
        int value = 0, found;
        do
        {
            found = ChildProcess.waitpid(pid, &value, 0);
        }
        while (found < 0 && FileCalls.LastErrno() == Errno.EINTR);

        status = new WaitStatus(value);
        return found >= 0;
    }

    /// <exception cref="LinuxException">It is none of ours (any more).</exception>
    internal static WaitStatus Await(int pid, string path) => TryAwait(pid, out WaitStatus status) ? status : throw LinuxException.Last("waitpid", path);
}
