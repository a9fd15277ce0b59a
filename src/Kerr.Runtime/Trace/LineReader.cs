using System;
using System.IO;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Trace;

/// <summary>The lines of a file, one after the other, without copying them.</summary>
public sealed class LineReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;
    private long _offset;

    public LineReader(string path, long offset = 0)
    {
        _file = FileCalls.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW);
        _offset = offset;
    }

    /// <summary>Behind the last line that was given.</summary>
    public long Position => _offset - (_end - _start);

    /// <summary>Whether something without a newline is left at the end.</summary>
    public bool Unfinished => _end > _start;

    /// <summary>The next line, without its newline, until the next call; false at the end.</summary>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        if (!Find(out int length))
        {
            line = default;
            return false;
        }

        line = _buffer.AsSpan(_start, length);
        _start += length + 1;
        return true;
    }

    /// <summary>The line that comes next. The one before stays where it is only if it was copied.</summary>
    public bool Peek(out ReadOnlySpan<byte> line)
    {
        bool found = Find(out int length);
        line = found ? _buffer.AsSpan(_start, length) : default;
        return found;
    }

    public void Dispose() => _file.Dispose();

    private bool Find(out int length)
    {
        int searched = 0;
        while (true)
        {
            length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                length += searched;
                return true;
            }

            searched = _end - _start;
            if (!Fill())
            {
                return false;
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length > 1 << 28)
            {
                throw new InvalidDataException("a line is longer than 256 MiB");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int count = FileCalls.Read(_file, _offset, _buffer.AsSpan(_end));
        _offset += count;
        _end += count;
        return count > 0;
    }
}
