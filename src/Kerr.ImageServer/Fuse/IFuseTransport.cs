using System;
using System.Diagnostics;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.ImageServer.Fuse;

/// <summary>Where requests come from and replies go; used by several threads at once. Errors are numbers, negated.</summary>
internal interface IFuseTransport
{
    /// <summary>Looks out for a request for a moment, without sleeping, and comes back with or without one; true when one was there already.</summary>
    bool Linger();

    /// <summary>Waits for one request; gives its length. ENODEV: the mount is gone.</summary>
    int Receive(Span<byte> buffer);

    /// <summary>Sends one message whole.</summary>
    int Send(ReadOnlySpan<IoVector> message);
}

/// <summary>An open <c>/dev/fuse</c> that a mount stands on.</summary>
internal sealed class FuseDevice(int descriptor) : IFuseTransport
{
    // Who looks things up asks again within this time. To be woken costs a thread 15 µs, more on virtual machines.
    private static readonly long s_moment = Stopwatch.Frequency / 33_000; // 30 µs

    public bool Linger()
    {
        if (DescriptorIo.IsReadable(descriptor))
        {
            return true;
        }

        // Not by yielding: on a busy machine the processor would come back milliseconds later.
        long until = Stopwatch.GetTimestamp() + s_moment;
        while (!DescriptorIo.IsReadable(descriptor) && Stopwatch.GetTimestamp() < until)
        {
            Thread.SpinWait(8);
        }

        return false;
    }

    public int Receive(Span<byte> buffer)
    {
        int length = DescriptorIo.Read(descriptor, buffer);
        return length == 0 ? -(int)Errno.EIO : length; // requests have no end: this is another file, and would be read for ever
    }

    public int Send(ReadOnlySpan<IoVector> message) => DescriptorIo.Write(descriptor, message);
}
