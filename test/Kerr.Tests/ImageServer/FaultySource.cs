using System;
using System.IO;
using System.Threading;
using Kerr.Image;
using Kerr.Linux;

namespace Kerr.Tests.ImageServer;

/// <summary>Bytes that come late, or not at all, where a test says so.</summary>
internal sealed class FaultySource(byte[] bytes) : IByteSource
{
    private readonly MemoryRange _bytes = new(bytes);

    /// <summary>Looks at the place and length of a read; what it throws is the read's failure.</summary>
    internal Action<long, int>? Fault { get; set; }

    internal int Reads { get; private set; }

    public long Length => _bytes.Length;

    public void Read(long offset, Span<byte> buffer)
    {
        Reads++;
        Fault?.Invoke(offset, buffer.Length);
        _bytes.Read(offset, buffer);
    }

    internal static void Broken(long offset, int length) => throw new LinuxException("pread", null, Errno.EIO);

    internal static void Short(long offset, int length) => throw new InvalidDataException($"the file ends before {length} bytes at {offset}");

    internal static void Slow(long offset, int length) => Thread.Sleep(1);
}
