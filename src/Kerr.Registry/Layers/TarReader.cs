using System;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Registry.Layers;

/// <summary>Reads a tar archive from its start to its end: old, ustar, GNU and PAX, sparse files too.</summary>
/// <remarks>Everything in it is distrusted: sizes, numbers, names. Memory does not depend on the archive.</remarks>
public sealed class TarReader(Stream source)
{
    private const int LargestExtension = 1 << 20;
    private const int LargestSparseMap = 1 << 18;

    private readonly byte[] _block = new byte[TarHeader.Size];
    private byte[] _global = [];   // records that hold for all entries whose own say nothing else
    private SparseMap? _sparse;
    private long _stored;       // bytes of the entry's data that the source still holds
    private long _padding;      // and what fills its last block
    private long _remaining;    // bytes of content that are still to be handed out

    /// <summary>The next entry; null at the end. Content of the one before that was not read is passed over.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or ends early.</exception>
    public TarEntry? Next()
    {
        Skip(_stored + _padding);
        (_stored, _padding, _sparse) = (0, 0, null);
        string? longName = null, longLink = null;
        PaxRecords? pax = null;
        while (ReadHeader())
        {
            ReadOnlySpan<byte> block = _block;
            char type = (char)block[TarHeader.TypeAt];
            long size = TarHeader.Number(block.Slice(124, 12));
            if (size < 0)
            {
                throw new InvalidDataException("a tar header has a negative size");
            }

            switch (type)
            {
                case 'L':
                    longName = TarHeader.Text(ReadExtension(size));
                    continue;
                case 'K':
                    longLink = TarHeader.Text(ReadExtension(size));
                    continue;
                case 'x':
                    pax ??= Global() ?? new PaxRecords();
                    pax.Read(ReadExtension(size));
                    continue;
                case 'g':
                    _global = ReadExtension(size);
                    continue;
                case 'V' or 'M' or 'N':
                    // A volume's label, a file's continuation, old long names: nothing to make.
                    Skip(size + Padding(size));
                    continue;
                default:
                    return Entry(type, size, longName, longLink, pax ?? Global());
            }
        }

        return longName is null && longLink is null && pax is null ? null : throw Ends();
    }

    /// <summary>Bytes of the entry's content, as many as the buffer takes; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _remaining);
        if (count == 0)
        {
            return 0;
        }

        buffer = buffer[..count];
        if (_sparse is null)
        {
            ReadStored(buffer);
        }
        else
        {
            _sparse.Read(buffer, ReadStored);
        }

        _remaining -= count;
        return count;
    }

    private void ReadStored(Span<byte> buffer)
    {
        if (buffer.Length > _stored)
        {
            throw new InvalidDataException("a sparse file in a tar archive has fewer data than its map says");
        }

        Fill(buffer);
        _stored -= buffer.Length;
    }

    private TarEntry Entry(char type, long size, string? longName, string? longLink, PaxRecords? pax)
    {
        ReadOnlySpan<byte> block = _block;
        string name = pax?.SparseName ?? pax?.Path ?? longName ?? ShortName();
        TarKind kind = type switch
        {
            '1' => TarKind.HardLink,
            '2' => TarKind.SymbolicLink,
            '3' => TarKind.CharacterDevice,
            '4' => TarKind.BlockDevice,
            '5' or 'D' => TarKind.Directory,
            '6' => TarKind.Fifo,
            '\0' or '0' when name.EndsWith('/') => TarKind.Directory,   // before ustar there was no letter for them
            '\0' or '0' or '7' or 'S' => TarKind.File,
            _ => throw new InvalidDataException($"a tar archive has an entry of the unknown type '{type}'"),
        };
        long stored = pax?.Size ?? size;
        if (stored < 0)
        {
            throw new InvalidDataException("a tar header has a negative size");
        }

        // Links carry a size that means nothing, except where the data follow, which nobody writes.
        _stored = kind is TarKind.File or TarKind.Directory ? stored : 0;
        _padding = Padding(_stored);
        _remaining = kind == TarKind.File ? stored : 0;
        if (kind == TarKind.File)
        {
            ReadSparseMap(type, pax);
        }

        return new TarEntry(kind, name)
        {
            LinkName = pax?.LinkPath ?? longLink ?? TarHeader.Text(block.Slice(157, 100)),
            Mode = (int)(TarHeader.Number(block.Slice(100, 8)) & 0xFFF),
            Uid = Id(pax?.Uid ?? TarHeader.Number(block.Slice(108, 8))),
            Gid = Id(pax?.Gid ?? TarHeader.Number(block.Slice(116, 8))),
            ModifiedAt = pax?.ModifiedAt ?? TarHeader.Number(block.Slice(136, 12)),
            Size = _remaining,
            DeviceMajor = kind is TarKind.CharacterDevice or TarKind.BlockDevice ? Id(TarHeader.Number(block.Slice(329, 8))) : 0,
            DeviceMinor = kind is TarKind.CharacterDevice or TarKind.BlockDevice ? Id(TarHeader.Number(block.Slice(337, 8))) : 0,
            Attributes = pax?.Attributes ?? (IReadOnlyList<TarAttribute>)[],
        };
    }

    private void ReadSparseMap(char type, PaxRecords? pax)
    {
        List<long> map;
        long size;
        if (type == 'S')
        {
            map = ReadOldMap(out size);
        }
        else if (pax is { SparseMapInData: true })
        {
            map = ReadMapInData();
            size = pax.SparseSize ?? 0;
        }
        else if (pax is { SparseSize: { } real, SparseMap: var given })
        {
            (map, size) = (given, real);
        }
        else
        {
            return;
        }

        _sparse = new SparseMap(map, size);
        _remaining = size;
    }

    // Four parts in the header, then blocks of twenty-one.
    private List<long> ReadOldMap(out long size)
    {
        var map = new List<long>();
        size = TarHeader.Number(_block.AsSpan(TarHeader.RealSizeAt, 12));
        AddParts(_block.AsSpan(TarHeader.SparseAt, 96), map);
        bool more = _block[TarHeader.ExtendedAt] != 0;
        Span<byte> block = stackalloc byte[TarHeader.Size];
        while (more)
        {
            Fill(block);
            AddParts(block[..504], map);
            more = block[504] != 0;
            if (map.Count > LargestSparseMap)
            {
                throw new InvalidDataException("a sparse file in a tar archive has too many parts");
            }
        }

        return map;

        static void AddParts(ReadOnlySpan<byte> parts, List<long> map)
        {
            for (; !parts.IsEmpty && parts[0] != 0; parts = parts[24..])
            {
                map.Add(TarHeader.Number(parts[..12]));
                map.Add(TarHeader.Number(parts[12..24]));
            }
        }
    }

    // Decimal numbers, a line each, the count of parts first, in whole blocks before the data.
    private List<long> ReadMapInData()
    {
        var map = new List<long>();
        long number = 0, wanted = 1;
        Span<byte> block = stackalloc byte[TarHeader.Size];
        while (map.Count < wanted)
        {
            ReadStored(block);
            foreach (byte c in block)
            {
                if (c == (byte)'\n')
                {
                    map.Add(number);
                    wanted = 1 + (map[0] * 2);
                    number = 0;
                }
                else if (c is >= (byte)'0' and <= (byte)'9' && number < long.MaxValue / 10 - 10 && wanted <= LargestSparseMap)
                {
                    number = (number * 10) + (c - '0');
                }
                else
                {
                    throw new InvalidDataException("the map of a sparse file in a tar archive is malformed");
                }

                if (map.Count == wanted)
                {
                    break;
                }
            }
        }

        map.RemoveAt(0);
        return map;
    }

    private string ShortName()
    {
        ReadOnlySpan<byte> block = _block;
        string name = TarHeader.Text(block[..100]);
        string prefix = TarHeader.IsUstar(block) && block[262] == 0 ? TarHeader.Text(block.Slice(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private PaxRecords? Global()
    {
        if (_global.Length == 0)
        {
            return null;
        }

        var records = new PaxRecords();
        records.Read(_global);
        return records;
    }

    private static uint Id(long number)
        => number is >= 0 and <= uint.MaxValue ? (uint)number : throw new InvalidDataException($"a tar header has the owner or device number {number}");

    private static long Padding(long size) => (TarHeader.Size - (size % TarHeader.Size)) % TarHeader.Size;

    private bool ReadHeader()
    {
        int first = source.ReadAtLeast(_block, TarHeader.Size, throwOnEndOfStream: false);
        if (first == 0 || (first == TarHeader.Size && !_block.AsSpan().ContainsAnyExcept((byte)0)))
        {
            // Two zero blocks mark the end; what follows is filling. It is read, so that a checksum covers all.
            Span<byte> rest = stackalloc byte[8192];
            while (first > 0 && source.Read(rest) > 0)
            {
            }

            return false;
        }

        if (first < TarHeader.Size)
        {
            throw Ends();
        }

        TarHeader.Check(_block);
        return true;
    }

    private byte[] ReadExtension(long size)
    {
        if (size > LargestExtension)
        {
            throw new InvalidDataException($"an extended tar header has {size} bytes");
        }

        var bytes = new byte[size];
        Fill(bytes);
        Skip(Padding(size));
        return bytes;
    }

    private void Fill(Span<byte> buffer)
    {
        if (source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
        {
            throw Ends();
        }
    }

    private void Skip(long count)
    {
        if (source is FileRangeStream file)
        {
            if (!file.TrySkip(count))
            {
                throw Ends();
            }

            return;
        }

        Span<byte> waste = stackalloc byte[8192];
        for (; count > 0; count -= Math.Min(count, waste.Length))
        {
            Fill(waste[..(int)Math.Min(count, waste.Length)]);
        }
    }

    private static InvalidDataException Ends() => new("a tar archive ends early");
}
