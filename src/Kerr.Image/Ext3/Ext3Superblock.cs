using System;
using System.Buffers.Binary;
using System.IO;

namespace Kerr.Image.Ext3;

/// <summary>The fields of an ext2/3/4 superblock that tell whether it is an ext3 that any kernel mounts.</summary>
internal static class Ext3Superblock
{
    /// <summary>The bytes of a partition that must be read to see the features.</summary>
    internal const int End = ReadOnlyFeaturesAt + 4;

    // From the start of the partition: the superblock is at 1024.
    private const int BlocksAt = 1024 + 0x4;
    private const int BlockSizeAt = 1024 + 0x18;    // the logarithm: 0 is 1024
    private const int MagicAt = 1024 + 0x38;
    private const int FeaturesAt = 1024 + 0x5C;
    private const int IncompatibleFeaturesAt = FeaturesAt + 4;
    private const int ReadOnlyFeaturesAt = IncompatibleFeaturesAt + 4;

    private const int LargestBlock = 6;             // 64 KiB, the most that any processor's pages hold
    private const uint HasJournal = 0x4;
    private const uint KnownIncompatible = 0x2 | 0x4 | 0x10;   // filetype, needs recovery, meta_bg
    private const uint KnownReadOnly = 0x1 | 0x2 | 0x4;        // sparse_super, large_file, btree_dir

    internal static bool IsExt(ReadOnlySpan<byte> start)
        => start.Length >= MagicAt + 2 && BinaryPrimitives.ReadUInt16LittleEndian(start[MagicAt..]) == 0xEF53;

    /// <summary>
    /// Refuses what is no ext file system, what has features that ext3 has not, and what reaches beyond its partition: who serves it
    /// goes by its own numbers, and would read and write what lies behind.
    /// </summary>
    internal static void Check(ReadOnlySpan<byte> start, long length)
    {
        if (!IsExt(start) || start.Length < End)
        {
            throw new InvalidDataException("not an ext3 file system: the magic number is missing");
        }

        uint features = BinaryPrimitives.ReadUInt32LittleEndian(start[FeaturesAt..]);
        uint incompatible = BinaryPrimitives.ReadUInt32LittleEndian(start[IncompatibleFeaturesAt..]);
        uint readOnly = BinaryPrimitives.ReadUInt32LittleEndian(start[ReadOnlyFeaturesAt..]);
        if ((features & HasJournal) == 0)
        {
            throw new InvalidDataException("the ext file system is not ext3: it has no journal");
        }

        if ((incompatible & ~KnownIncompatible) != 0 || (readOnly & ~KnownReadOnly) != 0)
        {
            throw new InvalidDataException(
                $"the ext file system is not ext3: it has features 0x{incompatible:x} and 0x{readOnly:x}");
        }

        uint blocks = BinaryPrimitives.ReadUInt32LittleEndian(start[BlocksAt..]);
        uint blockSize = BinaryPrimitives.ReadUInt32LittleEndian(start[BlockSizeAt..]);
        if (blocks == 0 || blockSize > LargestBlock)
        {
            throw new InvalidDataException($"the ext3 file system has {blocks} blocks of 2^{10 + (long)blockSize} bytes");
        }

        long size = (long)blocks << (10 + (int)blockSize);
        if (size > length)
        {
            throw new InvalidDataException($"the ext3 file system has {size} bytes, and its partition {length}");
        }
    }
}
