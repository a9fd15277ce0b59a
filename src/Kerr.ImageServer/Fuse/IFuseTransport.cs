using System;
using Kerr.Linux.Files;

namespace Kerr.ImageServer.Fuse;

/// <summary>Where requests come from and replies go; used by several threads at once. Errors are numbers, negated.</summary>
internal interface IFuseTransport
{
    /// <summary>Waits for one request; gives its length. ENODEV: the mount is gone.</summary>
    int Receive(Span<byte> buffer);

    /// <summary>Sends one message whole.</summary>
    int Send(ReadOnlySpan<IoVector> message);
}

/// <summary>An open <c>/dev/fuse</c> that a mount stands on.</summary>
internal sealed class FuseDevice(int descriptor) : IFuseTransport
{
    public int Receive(Span<byte> buffer) => DescriptorIo.Read(descriptor, buffer);

    public int Send(ReadOnlySpan<IoVector> message) => DescriptorIo.Write(descriptor, message);
}
