using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>What a descriptor is waited for, <c>poll(2)</c>.</summary>
internal enum PollEvent : short
{
    /// <summary>Something to read, or the end.</summary>
    POLLIN = 1,

    /// <summary>Room to write.</summary>
    POLLOUT = 4,
}

/// <summary><c>poll(2)</c> on one descriptor.</summary>
internal static unsafe partial class Poll
{
    // struct pollfd
    private struct Entry
    {
        internal int Descriptor;
        internal PollEvent Events;
        internal short Answered;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(Entry* entries, nuint count, int milliseconds);

    /// <summary>1 when the event is there (an error or the other side's end counts, too), 0 when the time is over, −1 for an error, EINTR for one.</summary>
    /// <param name="milliseconds">0 does not wait, −1 waits for ever.</param>
    internal static int Await(int descriptor, PollEvent what, int milliseconds)
    {
        var entry = new Entry { Descriptor = descriptor, Events = what };
        return poll(&entry, 1, milliseconds);
    }
}
