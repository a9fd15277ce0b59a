using System;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Layers;

/// <summary>A range of an open file, from its start to its end.</summary>
/// <param name="owns">Closes the file with the stream.</param>
public sealed class FileRangeStream(SafeFileHandle file, long offset, long length, bool owns) : ReadOnlyStream
{
    private long _at;

    public override long Length => length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    /// <summary>All of a file.</summary>
    public static FileRangeStream Open(string path)
    {
        SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
        return new FileRangeStream(file, 0, FileCalls.Status(file).Size, owns: true);
    }

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, length - _at)];
        int count = buffer.IsEmpty ? 0 : FileCalls.Read(file, offset + _at, buffer);
        _at += count;
        return count;
    }

    /// <summary>Passes bytes over; false where there are fewer.</summary>
    internal bool TrySkip(long count)
    {
        if (count > length - _at)
        {
            return false;
        }

        _at += count;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && owns)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
