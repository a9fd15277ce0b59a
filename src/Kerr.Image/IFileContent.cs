using System;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image;

/// <summary>The bytes of one file, readable at any place; to be closed. For one thread.</summary>
public interface IFileContent : IByteSource, IDisposable
{
}

/// <summary>A file that is open; closed with this.</summary>
public sealed class OpenedFile : IFileContent
{
    private readonly SafeFileHandle _file;
    private readonly FileRange _range;

    public OpenedFile(SafeFileHandle file)
    {
        _file = file;
        _range = new FileRange(file);
    }

    public long Length => _range.Length;

    public void Read(long offset, Span<byte> buffer) => _range.Read(offset, buffer);

    public void Dispose() => _file.Dispose();
}

/// <summary>A file that was read as a whole.</summary>
public sealed class FileInMemory(byte[] bytes) : IFileContent
{
    /// <summary>What is longer is not held in memory.</summary>
    public const int Longest = 256 << 20;

    private readonly MemoryRange _range = new(bytes);

    public long Length => _range.Length;

    public void Read(long offset, Span<byte> buffer) => _range.Read(offset, buffer);

    public void Dispose()
    {
    }
}
