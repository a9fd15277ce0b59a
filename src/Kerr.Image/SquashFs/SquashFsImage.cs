using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Image.SquashFs.Codecs;
using Kerr.Linux.Files;

namespace Kerr.Image.SquashFs;

/// <summary>A squashfs: its superblock and tables, and its inodes by reference or number.</summary>
/// <remarks>
/// Nothing is read before it is asked for. It may be used by several threads. What the image says is held against its
/// length before it is believed: a damaged or hostile one gives <see cref="InvalidDataException"/>.
/// </remarks>
public sealed class SquashFsImage
{
    private const int InodeHeaderSize = 16;
    private const int LongestInode = 40;
    private const int LongestTarget = 4095;

    private readonly LookupTable _ids;
    private readonly LookupTable _export;

    /// <summary>Decodes with the libraries of the host, and keeps little: for those who read a few files.</summary>
    public SquashFsImage(IByteSource source)
        : this(source, BlockCodec.For, metadataBlocks: 16)
    {
    }

    /// <param name="codecs">Gives the codec for a compression.</param>
    /// <param name="metadataBlocks">Decoded metadata blocks to keep, 8 KiB each; a power of two from 4 on.</param>
    internal SquashFsImage(IByteSource source, Func<SquashFsCompression, IBlockCodec> codecs, int metadataBlocks)
    {
        Span<byte> start = stackalloc byte[Superblock.Size];
        start = start[..(int)Math.Min(source.Length, start.Length)];
        source.Read(0, start);
        Superblock = Superblock.Parse(start, source.Length);
        Source = source;
        Codec = codecs(Superblock.Compression);
        Metadata = new MetadataBlocks(source, Codec, metadataBlocks);
        _ids = new LookupTable(source, Metadata, "id", Superblock.IdTable, Superblock.IdCount, sizeof(uint));
        _export = new LookupTable(
            source, Metadata, "inode", Superblock.ExportTable,
            Superblock.ExportTable == Superblock.NoTable ? 0 : Superblock.InodeCount, sizeof(ulong));
        Fragments = new LookupTable(
            source, Metadata, "fragment", Superblock.FragmentTable,
            Superblock.FragmentTable == Superblock.NoTable ? 0 : Superblock.FragmentCount, 16);
    }

    public Superblock Superblock { get; }

    /// <summary>Whether inodes can be found by their number.</summary>
    public bool HasExportTable => _export.Count > 0;

    internal IByteSource Source { get; }

    internal IBlockCodec Codec { get; }

    internal MetadataBlocks Metadata { get; }

    internal LookupTable Fragments { get; }

    public SquashFsInode ReadRoot()
    {
        SquashFsInode root = ReadInode(Superblock.RootInode);
        return root.Kind == FileKind.Directory ? root : throw new InvalidDataException("the squashfs root is no directory");
    }

    /// <summary>The inode with a number, from 1, through the export table.</summary>
    public SquashFsInode ReadInodeByNumber(uint number)
    {
        Span<byte> reference = stackalloc byte[sizeof(ulong)];
        _export.Read((long)number - 1, reference);
        return ReadInode(BinaryPrimitives.ReadUInt64LittleEndian(reference));
    }

    /// <summary>The inode at a reference, as directories and the superblock give it.</summary>
    public SquashFsInode ReadInode(ulong reference)
    {
        Superblock super = Superblock;
        MetadataPosition at = MetadataPosition.Of(super.InodeTable, reference);
        Span<byte> bytes = stackalloc byte[LongestInode];
        Metadata.Read(ref at, bytes[..InodeHeaderSize], super.InodeTableEnd);
        int type = Short(bytes, 0);
        var inode = new SquashFsInode
        {
            Permissions = Short(bytes, 2) & 0xFFF,
            Uid = Id(Short(bytes, 4)),
            Gid = Id(Short(bytes, 6)),
            ModifiedAt = Int(bytes, 8),
            Number = Int(bytes, 12),
            Links = 1,
            Xattrs = SquashFsInode.NoXattrs,
            Fragment = SquashFsInode.NoFragment,
        };

        // The fixed part behind the header, by type; the extended types are the basic ones + 7.
        int length = type switch
        {
            1 => 16,
            2 => 16,
            3 or 4 or 5 => 8,
            6 or 7 => 4,
            8 => 24,
            9 => 40,
            10 => 8,
            11 or 12 => 12,
            13 or 14 => 8,
            _ => throw new InvalidDataException($"inode {inode.Number} has the unknown type {type}"),
        };
        Metadata.Read(ref at, bytes[..length], super.InodeTableEnd);
        inode = inode with { Rest = at };
        return type switch
        {
            1 => inode with
            {
                Kind = FileKind.Directory,
                Start = Int(bytes, 0),
                Links = Int(bytes, 4),
                Size = Listing(Short(bytes, 8)),
                Offset = Short(bytes, 10),
                Parent = Int(bytes, 12),
            },
            2 => File(inode, Int(bytes, 0), Int(bytes, 4), Int(bytes, 8), Int(bytes, 12)),
            3 or 10 => Link(inode, type, bytes),
            4 or 11 => Device(inode, FileKind.BlockDevice, bytes) with { Xattrs = type == 11 ? Int(bytes, 8) : inode.Xattrs },
            5 or 12 => Device(inode, FileKind.CharacterDevice, bytes) with { Xattrs = type == 12 ? Int(bytes, 8) : inode.Xattrs },
            6 => inode with { Kind = FileKind.Fifo, Links = Int(bytes, 0) },
            13 => inode with { Kind = FileKind.Fifo, Links = Int(bytes, 0), Xattrs = Int(bytes, 4) },
            7 => inode with { Kind = FileKind.Socket, Links = Int(bytes, 0) },
            14 => inode with { Kind = FileKind.Socket, Links = Int(bytes, 0), Xattrs = Int(bytes, 4) },
            8 => inode with
            {
                Kind = FileKind.Directory,
                Links = Int(bytes, 0),
                Size = Listing(Int(bytes, 4)),
                Start = Int(bytes, 8),
                Parent = Int(bytes, 12),
                IndexCount = Short(bytes, 16),
                Offset = Short(bytes, 18),
                Xattrs = Int(bytes, 20),
            },
            _ => File(
                inode with { Links = Int(bytes, 24), Xattrs = Int(bytes, 36), Sparse = Math.Clamp(Long(bytes, 16), 0, Math.Max(0, Long(bytes, 8))) },
                Long(bytes, 0), Int(bytes, 28), Int(bytes, 32), Long(bytes, 8)),
        };
    }

    /// <summary>Where a symbolic link points; Latin-1.</summary>
    public string ReadLink(SquashFsInode link)
    {
        Span<byte> target = stackalloc byte[LongestTarget];
        return System.Text.Encoding.Latin1.GetString(target[..ReadLink(link, target)]);
    }

    /// <summary>Where a symbolic link points, as bytes, at most 4,095; gives their count.</summary>
    public int ReadLink(SquashFsInode link, Span<byte> target)
    {
        MetadataPosition at = link.Rest;
        Metadata.Read(ref at, target[..(int)link.Size], Superblock.InodeTableEnd);
        return (int)link.Size;
    }

    private uint Id(int index)
    {
        Span<byte> id = stackalloc byte[sizeof(uint)];
        _ids.Read(index, id);
        return BinaryPrimitives.ReadUInt32LittleEndian(id);
    }

    // The size of a listing counts "." and "..", which are not in it, as three bytes.
    private static long Listing(uint size) => size > 3 ? size - 3 : 0;

    private SquashFsInode File(SquashFsInode inode, long start, uint fragment, uint offset, long size)
    {
        if (size < 0 || start < 0 || start > Superblock.InodeTable)
        {
            throw new InvalidDataException($"inode {inode.Number} has {size} bytes at {start}");
        }

        long tail = size % Superblock.BlockSize;
        if (fragment != SquashFsInode.NoFragment && offset > Superblock.BlockSize - tail)
        {
            throw new InvalidDataException($"the tail of inode {inode.Number}, {tail} bytes at {offset}, does not fit in a fragment");
        }

        return inode with
        {
            Kind = FileKind.Regular,
            Size = size,
            Start = start,
            Fragment = fragment,
            Offset = fragment == SquashFsInode.NoFragment ? 0 : (int)offset,
        };
    }

    private SquashFsInode Link(SquashFsInode inode, int type, ReadOnlySpan<byte> bytes)
    {
        uint size = Int(bytes, 4);
        if (size > LongestTarget)
        {
            throw new InvalidDataException($"the target of the symbolic link {inode.Number} has {size} bytes");
        }

        inode = inode with { Kind = FileKind.SymbolicLink, Links = Int(bytes, 0), Size = size };
        if (type == 3)
        {
            return inode;
        }

        // In an extended one the number of the attributes stands behind the target.
        Span<byte> rest = stackalloc byte[LongestTarget + sizeof(uint)];
        rest = rest[..((int)size + sizeof(uint))];
        MetadataPosition at = inode.Rest;
        Metadata.Read(ref at, rest, Superblock.InodeTableEnd);
        return inode with { Xattrs = BinaryPrimitives.ReadUInt32LittleEndian(rest[(int)size..]) };
    }

    // The number as the kernel's new_encode_dev() packs it.
    private static SquashFsInode Device(SquashFsInode inode, FileKind kind, ReadOnlySpan<byte> bytes)
    {
        uint device = Int(bytes, 4);
        return inode with
        {
            Kind = kind,
            Links = Int(bytes, 0),
            DeviceMajor = (device >> 8) & 0xFFF,
            DeviceMinor = (device & 0xFF) | ((device >> 12) & 0xFFF00),
        };
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
