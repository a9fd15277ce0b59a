using System;
using System.Buffers.Binary;
using System.IO;

namespace Kerr.Image.SquashFs;

/// <summary>How the blocks of a squashfs are compressed.</summary>
public enum SquashFsCompression
{
    Gzip = 1,
    Lzma = 2,
    Lzo = 3,
    Xz = 4,
    Lz4 = 5,
    Zstd = 6,
}

/// <summary>The superblock: the first 96 bytes of a squashfs 4.0, little-endian; offsets count from its start.</summary>
/// <remarks>
/// <code>
/// 0       4        8       12      16        20      22    24      26   28        32     40     48
/// | magic | inodes | mtime | block | fragm.s | codec | log | flags | ids | version | root | used | tables, u64 each ... 96
/// tables: ids, xattrs, inodes, directories, fragments, export; all ones where there is none
/// </code>
/// A whole file system, in the order that the tables must have:
/// <code>
/// | superblock | codec options | data and fragment blocks | inodes | directories | fragments | export | ids | xattrs |
/// </code>
/// </remarks>
public readonly record struct Superblock(
    uint InodeCount, uint ModifiedAt, int BlockSize, uint FragmentCount, SquashFsCompression Compression, int Flags,
    int IdCount, ulong RootInode, long BytesUsed, long IdTable, long XattrTable, long InodeTable, long DirectoryTable,
    long FragmentTable, long ExportTable)
{
    public const int Size = 96;

    /// <summary>In place of the offset of a table that is not there.</summary>
    public const long NoTable = -1;

    /// <summary>File blocks have at least 4 KiB, and at most 1 MiB.</summary>
    public const int LargestBlock = 1 << LargestBlockLog;

    private const int SmallestBlockLog = 12;
    private const int LargestBlockLog = 20;
    private const int InodesAt = 4;
    private const int ModifiedAtAt = 8;
    private const int BlockSizeAt = 12;
    private const int FragmentsAt = 16;
    private const int CompressionAt = 20;
    private const int BlockLogAt = 22;
    private const int FlagsAt = 24;
    private const int IdsAt = 26;
    private const int MajorAt = 28;
    private const int MinorAt = 30;
    private const int RootAt = 32;
    private const int UsedAt = 40;
    private const int IdTableAt = 48;
    private const int XattrTableAt = 56;
    private const int InodeTableAt = 64;
    private const int DirectoryTableAt = 72;
    private const int FragmentTableAt = 80;
    private const int ExportTableAt = 88;

    /// <summary>Whether a squashfs may start with these bytes.</summary>
    public static bool IsSquashFs(ReadOnlySpan<byte> start) => start.StartsWith("hsqs"u8);

    /// <summary>Reads a superblock, holding its numbers against the <paramref name="length"/> of what it describes.</summary>
    public static Superblock Parse(ReadOnlySpan<byte> bytes, long length)
    {
        if (!IsSquashFs(bytes))
        {
            throw new InvalidDataException("not a squashfs: the magic number is missing");
        }

        if (bytes.Length < Size)
        {
            throw new InvalidDataException($"the squashfs superblock ends after {bytes.Length} of {Size} bytes");
        }

        int major = Short(bytes, MajorAt);
        int minor = Short(bytes, MinorAt);
        if (major != 4 || minor != 0)
        {
            throw new InvalidDataException($"the squashfs version is {major}.{minor}, not 4.0");
        }

        int log = Short(bytes, BlockLogAt);
        uint blockSize = Int(bytes, BlockSizeAt);
        if (log is < SmallestBlockLog or > LargestBlockLog || blockSize != 1u << log)
        {
            throw new InvalidDataException($"the squashfs block size is {blockSize}, its logarithm {log}");
        }

        var compression = (SquashFsCompression)Short(bytes, CompressionAt);
        if (compression is < SquashFsCompression.Gzip or > SquashFsCompression.Zstd)
        {
            throw new InvalidDataException($"the squashfs compression {(int)compression} is unknown");
        }

        var superblock = new Superblock(
            Int(bytes, InodesAt), Int(bytes, ModifiedAtAt), (int)blockSize, Int(bytes, FragmentsAt), compression,
            Short(bytes, FlagsAt), Short(bytes, IdsAt), (ulong)Long(bytes, RootAt), Long(bytes, UsedAt),
            Long(bytes, IdTableAt), Long(bytes, XattrTableAt), Long(bytes, InodeTableAt), Long(bytes, DirectoryTableAt),
            Long(bytes, FragmentTableAt), Long(bytes, ExportTableAt));
        superblock.Distrust(length);
        return superblock;
    }

    /// <summary>The end of the inode table: where the next begins.</summary>
    public long InodeTableEnd => DirectoryTable;

    /// <summary>The end of the directory table: where the next begins, whichever that is.</summary>
    public long DirectoryTableEnd => FragmentTable != NoTable && FragmentCount > 0 ? FragmentTable
        : ExportTable != NoTable ? ExportTable : IdTable;

    private void Distrust(long length)
    {
        if (BytesUsed < Size || BytesUsed > length)
        {
            throw new InvalidDataException($"the squashfs uses {BytesUsed} bytes, there are {length}");
        }

        if (InodeTable < Size || DirectoryTable <= InodeTable || IdTable < DirectoryTable || IdTable >= BytesUsed)
        {
            throw new InvalidDataException(
                $"the squashfs tables of inodes, directories and ids at {InodeTable}, {DirectoryTable} and {IdTable} are out of order");
        }

        Between(FragmentTable, DirectoryTable, IdTable, "fragment");
        Between(ExportTable, DirectoryTable, IdTable, "export");
        Between(XattrTable, IdTable, BytesUsed, "xattr");
        if (IdCount == 0)
        {
            throw new InvalidDataException("the squashfs has no ids");
        }
    }

    private static void Between(long table, long from, long to, string name)
    {
        if (table != NoTable && (table < from || table > to))
        {
            throw new InvalidDataException($"the squashfs {name} table, at {table}, is not between {from} and {to}");
        }
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
