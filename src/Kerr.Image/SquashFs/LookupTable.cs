using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;

namespace Kerr.Image.SquashFs;

/// <summary>A table of equal entries found by number: ids, fragments, inodes to export, xattrs.</summary>
/// <remarks>Its entries lie in metadata blocks of their own; the offsets of these, 8 bytes each, are the table's start.</remarks>
internal sealed class LookupTable(
    IByteSource source, MetadataBlocks blocks, string name, long index, long count, int entrySize)
{
    /// <summary>Offsets that are kept: all of the ids, and of the other tables in most images.</summary>
    private const int MostKept = 512;

    private long[]? _pointers;

    internal long Count => count;

    /// <summary>Reads the entry of a number, that many bytes of it as <paramref name="entry"/> has.</summary>
    internal void Read(long number, Span<byte> entry)
    {
        if ((ulong)number >= (ulong)count)
        {
            throw new InvalidDataException($"{name} {number} does not exist, there are {count}");
        }

        long at = number * entrySize;
        long slot = at / MetadataBlocks.BlockSize;
        long block = slot < MostKept ? Pointers()[slot] : ReadPointer(slot);

        // The blocks lie before their index, so that nothing can refer to itself.
        var position = new MetadataPosition(block, (int)(at % MetadataBlocks.BlockSize));
        blocks.Read(ref position, entry, index);
    }

    // Two threads may both read it: what they read is the same.
    private long[] Pointers()
    {
        if (_pointers is { } known)
        {
            return known;
        }

        long slots = ((count * entrySize) + MetadataBlocks.BlockSize - 1) / MetadataBlocks.BlockSize;
        var pointers = new long[Math.Min(slots, MostKept)];
        source.Read(index, MemoryMarshal.AsBytes(pointers.AsSpan()));
        return _pointers = pointers;
    }

    private long ReadPointer(long slot)
    {
        Span<byte> pointer = stackalloc byte[sizeof(long)];
        source.Read(index + (slot * sizeof(long)), pointer);
        return BinaryPrimitives.ReadInt64LittleEndian(pointer);
    }
}
