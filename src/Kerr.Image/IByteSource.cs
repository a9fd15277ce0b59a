using System;
using System.IO;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image;

/// <summary>Bytes at positions: what the readers of image formats stand on.</summary>
/// <remarks>Reads may come from several threads at once.</remarks>
public interface IByteSource
{
    /// <summary>How many bytes there are.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from a position; <see cref="InvalidDataException"/> where the bytes end before.</summary>
    void Read(long offset, Span<byte> buffer);
}

/// <summary>The bytes of a range of an open file; it does not own the descriptor.</summary>
public sealed class FileRange : IByteSource
{
    private readonly SafeFileHandle _file;
    private readonly long _offset;

    /// <summary>The range must lie inside the file; <paramref name="length"/> null means to its end.</summary>
    public FileRange(SafeFileHandle file, long offset = 0, long? length = null)
    {
        long size = FileCalls.Status(file).Size;
        if (offset < 0 || offset > size || length < 0 || length > size - offset)
        {
            throw new InvalidDataException($"the file ends at {size}, inside the range of {length} bytes at {offset}");
        }

        _file = file;
        _offset = offset;
        Length = length ?? size - offset;
    }

    public long Length { get; }

    public void Read(long offset, Span<byte> buffer)
    {
        if ((ulong)offset > (ulong)Length || buffer.Length > Length - offset)
        {
            throw new InvalidDataException($"{buffer.Length} bytes at {offset} do not fit in the {Length} that there are");
        }

        // The file may have been cut since it was opened.
        if (FileCalls.Read(_file, _offset + offset, buffer) != buffer.Length)
        {
            throw new InvalidDataException($"the file ends before {buffer.Length} bytes at {_offset + offset}");
        }
    }
}

/// <summary>Bytes held in memory.</summary>
public sealed class MemoryRange(ReadOnlyMemory<byte> bytes) : IByteSource
{
    public long Length => bytes.Length;

    public void Read(long offset, Span<byte> buffer)
    {
        if ((ulong)offset > (ulong)bytes.Length || buffer.Length > bytes.Length - offset)
        {
            throw new InvalidDataException($"{buffer.Length} bytes at {offset} do not fit in the {bytes.Length} that there are");
        }

        bytes.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
    }
}
