using System;
using System.Buffers.Binary;
using System.IO;
using System.Threading;
using Kerr.Image.SquashFs.Codecs;

namespace Kerr.Image.SquashFs;

/// <summary>A place in a table of metadata: where its block starts in the file system, and the byte in it once decoded.</summary>
internal struct MetadataPosition(long block, int offset)
{
    internal long Block = block;
    internal int Offset = offset;

    /// <summary>A place as inodes and directories give it: 48 bits of block from the table's start, 16 bits of offset.</summary>
    internal static MetadataPosition Of(long table, ulong reference)
        => new(table + (long)((reference >> 16) & 0xFFFF_FFFF_FFFF), (int)(reference & 0xFFFF));
}

/// <summary>The metadata blocks of a squashfs, decoded on demand; a few are kept.</summary>
/// <remarks>
/// A block is a 16-bit header, the length with the top bit set if the bytes are stored as they are, and the bytes: 8 KiB
/// once decoded, less in the last of a table. A table is read as one run of bytes across its blocks.
/// </remarks>
/// <param name="kept">How many; a power of two from 4 on.</param>
internal sealed class MetadataBlocks(IByteSource source, IBlockCodec codec, int kept)
{
    internal const int BlockSize = 8192;
    private const int HeaderSize = 2;
    private const int Stored = 0x8000;

    // A block has its place in one set of four; the least recently used of these makes room. Each set has its own lock.
    private const int Ways = 4;

    private readonly Set[] _sets = MakeSets(kept / Ways);

    /// <summary>Fills <paramref name="target"/> and moves the position behind what it read.</summary>
    /// <param name="end">The end of the table: no block may reach beyond it.</param>
    internal void Read(ref MetadataPosition position, Span<byte> target, long end)
    {
        while (!target.IsEmpty)
        {
            Set set = _sets[(int)((ulong)position.Block * 0x9E37_79B9_7F4A_7C15 >> 32) & (_sets.Length - 1)];
            lock (set.Lock)
            {
                ref Slot slot = ref Load(set, position.Block, end);
                if (position.Offset >= slot.Length)
                {
                    // At a block's end the next one goes on; a place beyond it is none.
                    if (position.Offset > slot.Length)
                    {
                        throw new InvalidDataException($"the metadata block at {position.Block} has {slot.Length} bytes, no byte {position.Offset}");
                    }

                    position = new MetadataPosition(slot.Next, 0);
                    continue;
                }

                int count = Math.Min(target.Length, slot.Length - position.Offset);
                slot.Bytes.AsSpan(position.Offset, count).CopyTo(target);
                target = target[count..];
                position.Offset += count;
            }
        }
    }

    private static Set[] MakeSets(int count)
    {
        var sets = new Set[count];
        for (int i = 0; i < count; i++)
        {
            sets[i] = new Set();
        }

        return sets;
    }

    private ref Slot Load(Set set, long block, long end)
    {
        Slot[] slots = set.Slots;
        int oldest = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            if (slots[i].Block == block && slots[i].Length > 0)
            {
                slots[i].UsedAt = ++set.Clock;
                return ref slots[i];
            }

            // The clock may wrap: compare distances, not values.
            if (set.Clock - slots[i].UsedAt > set.Clock - slots[oldest].UsedAt)
            {
                oldest = i;
            }
        }

        ref Slot slot = ref slots[oldest];
        slot.Bytes ??= GC.AllocateUninitializedArray<byte>(BlockSize);
        slot.Length = 0;
        slot.Next = Decode(block, end, slot.Bytes, out int length);
        slot.Length = length;
        slot.Block = block;
        slot.UsedAt = ++set.Clock;
        return ref slot;
    }

    private long Decode(long block, long end, byte[] target, out int length)
    {
        if (block < Superblock.Size || block > end - HeaderSize)
        {
            throw new InvalidDataException($"a metadata block at {block} is not in its table, which ends at {end}");
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        source.Read(block, header);
        int word = BinaryPrimitives.ReadUInt16LittleEndian(header);
        int size = word & ~Stored;
        if (size is 0 or > BlockSize || block + HeaderSize + size > end)
        {
            throw new InvalidDataException($"the metadata block at {block} has {size} bytes, its table ends at {end}");
        }

        if ((word & Stored) != 0)
        {
            source.Read(block + HeaderSize, target.AsSpan(0, size));
            length = size;
        }
        else
        {
            Span<byte> compressed = stackalloc byte[BlockSize];
            compressed = compressed[..size];
            source.Read(block + HeaderSize, compressed);
            length = codec.Decode(compressed, target, BlockSize);
            if (length == 0)
            {
                throw new InvalidDataException($"the metadata block at {block} is empty");
            }
        }

        return block + HeaderSize + size;
    }

    private sealed class Set
    {
        internal readonly Lock Lock = new();
        internal readonly Slot[] Slots = new Slot[Ways];
        internal int Clock;
    }

    private struct Slot
    {
        internal long Block;
        internal long Next;
        internal int Length;
        internal int UsedAt;
        internal byte[] Bytes;
    }
}
