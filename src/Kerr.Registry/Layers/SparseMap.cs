using System;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Registry.Layers;

/// <summary>Where a sparse file has data; the rest of it is zeros.</summary>
internal sealed class SparseMap
{
    /// <summary>The largest file that is read out with its holes: more would only keep the host busy.</summary>
    private const long LargestFile = 1L << 43;

    private readonly List<long> _parts;
    private long _at;
    private int _part;

    /// <summary>Hands out bytes that the archive holds.</summary>
    internal delegate void Source(Span<byte> buffer);

    /// <param name="parts">Offset and length by turns, ascending.</param>
    /// <param name="size">Of the file with its holes.</param>
    internal SparseMap(List<long> parts, long size)
    {
        long end = 0;
        bool good = parts.Count % 2 == 0 && size is >= 0 and <= LargestFile;
        for (int i = 0; good && i < parts.Count; i += 2)
        {
            good = parts[i] >= end && parts[i + 1] >= 0 && parts[i] <= size && parts[i + 1] <= size - parts[i];
            end = parts[i] + parts[i + 1];
        }

        if (!good)
        {
            throw new InvalidDataException($"the map of a sparse file of {size} bytes in a tar archive is malformed");
        }

        _parts = parts;
    }

    /// <summary>The next bytes of the file, which has that many more.</summary>
    internal void Read(Span<byte> buffer, Source data)
    {
        while (!buffer.IsEmpty)
        {
            while (_part < _parts.Count && _at >= _parts[_part] + _parts[_part + 1])
            {
                _part += 2;
            }

            bool hole = _part >= _parts.Count || _at < _parts[_part];
            long end = _part >= _parts.Count ? long.MaxValue : hole ? _parts[_part] : _parts[_part] + _parts[_part + 1];
            Span<byte> run = buffer[..(int)Math.Min(buffer.Length, end - _at)];
            if (hole)
            {
                run.Clear();
            }
            else
            {
                data(run);
            }

            _at += run.Length;
            buffer = buffer[run.Length..];
        }
    }
}
