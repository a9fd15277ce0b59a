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
internal sealed class MetadataBlocks(IByteSource source, IBlockCodec codec, int kept = 16)
{
    internal const int BlockSize = 8192;
    private const int HeaderSize = 2;
    private const int Stored = 0x8000;

    private readonly Lock _lock = new();
    private readonly Slot[] _slots = new Slot[kept];
    private readonly byte[] _compressed = new byte[BlockSize];
    private int _clock;

    /// <summary>Fills <paramref name="target"/> and moves the position behind what it read.</summary>
    /// <param name="end">The end of the table: no block may reach beyond it.</param>
    internal void Read(ref MetadataPosition position, Span<byte> target, long end)
    {
        lock (_lock)
        {
            while (!target.IsEmpty)
            {
                ref Slot slot = ref Load(position.Block, end);
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

    private ref Slot Load(long block, long end)
    {
        int oldest = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].Block == block && _slots[i].Length > 0)
            {
                _slots[i].UsedAt = ++_clock;
                return ref _slots[i];
            }

            // The clock may wrap: compare distances, not values.
            if (_clock - _slots[i].UsedAt > _clock - _slots[oldest].UsedAt)
            {
                oldest = i;
            }
        }

        ref Slot slot = ref _slots[oldest];
        slot.Bytes ??= new byte[BlockSize];
        slot.Length = 0;
        slot.Next = Decode(block, end, slot.Bytes, out int length);
        slot.Length = length;
        slot.Block = block;
        slot.UsedAt = ++_clock;
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
            source.Read(block + HeaderSize, _compressed.AsSpan(0, size));
            length = codec.Decode(_compressed.AsSpan(0, size), target, BlockSize);
            if (length == 0)
            {
                throw new InvalidDataException($"the metadata block at {block} is empty");
            }
        }

        return block + HeaderSize + size;
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
