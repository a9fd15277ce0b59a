using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Kerr.Image.Elf;

/// <summary>The bytes of an ELF file, a page at a time: what is asked of it lies in few places of a file that may be large.</summary>
internal sealed class ElfPages(IByteSource source)
{
    private const int PageSize = 4096;
    private const int Pages = 16;       // mapped directly: tables and strings seldom meet in one
    private const int LongestString = 4096;

    private readonly byte[]?[] _pages = new byte[]?[Pages];
    private readonly long[] _numbers = new long[Pages];
    private bool _is64 = true;
    private bool _isLittle = true;

    internal long Length => source.Length;

    internal bool Is64 => _is64;

    /// <summary>How the file writes numbers, by its first bytes.</summary>
    internal void SetEncoding(bool is64, bool isLittle) => (_is64, _isLittle) = (is64, isLittle);

    internal byte Byte(long at)
    {
        Span<byte> one = stackalloc byte[1];
        Read(at, one);
        return one[0];
    }

    internal ushort Half(long at)
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(at, bytes);
        return _isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    internal uint Word(long at)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(at, bytes);
        return _isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>A number of the file's width, 4 bytes or 8.</summary>
    internal ulong Wide(long at)
    {
        if (!_is64)
        {
            return Word(at);
        }

        Span<byte> bytes = stackalloc byte[8];
        Read(at, bytes);
        return _isLittle ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>Bytes up to a zero, Latin-1. Names of libraries and versions are short: longer ones are refused.</summary>
    internal string Text(long at, long end)
    {
        Span<byte> bytes = stackalloc byte[LongestString];
        int count = 0;
        for (; at + count < end; count++)
        {
            if (count == LongestString)
            {
                throw new InvalidDataException($"a string at {at} of the ELF file has no end");
            }

            if ((bytes[count] = Byte(at + count)) == 0)
            {
                return Encoding.Latin1.GetString(bytes[..count]);
            }
        }

        throw new InvalidDataException($"a string at {at} leaves the string table of the ELF file");
    }

    internal void Read(long at, Span<byte> target)
    {
        if ((ulong)at > (ulong)source.Length || target.Length > source.Length - at)
        {
            throw new InvalidDataException($"{target.Length} bytes at {at} lie outside the ELF file of {source.Length}");
        }

        while (target.Length > 0)
        {
            long number = at / PageSize;
            byte[] page = Page(number);
            int from = (int)(at % PageSize);
            int count = Math.Min(target.Length, page.Length - from);
            page.AsSpan(from, count).CopyTo(target);
            target = target[count..];
            at += count;
        }
    }

    private byte[] Page(long number)
    {
        int slot = (int)(number % Pages);
        if (_pages[slot] is { } known && _numbers[slot] == number)
        {
            return known;
        }

        var page = new byte[Math.Min(PageSize, source.Length - (number * PageSize))];
        source.Read(number * PageSize, page);
        _pages[slot] = page;
        _numbers[slot] = number;
        return page;
    }
}
