using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Runtime.CompilerServices;
using Kerr.Linux.Files;

namespace Kerr.Image.SquashFs;

/// <summary>Goes through the entries of a directory in the order of the image: sorted by the bytes of the names.</summary>
/// <remarks>
/// A listing is runs of a header (12 bytes: entries − 1, block of their inodes, inode number that theirs count from)
/// and its entries (8 bytes: offset in that block, difference of the number, type, length − 1; then the name).
/// </remarks>
public struct SquashFsDirectory
{
    private const int HeaderSize = 12;
    private const int EntrySize = 8;
    private const int MostInRun = 256;
    private const int LongestName = 256;

    private readonly SquashFsImage _image;
    private NameBuffer _name;
    private MetadataPosition _at;
    private long _left;
    private uint _inRun;
    private uint _block;
    private uint _number;
    private int _nameLength;

    public SquashFsDirectory(SquashFsImage image, SquashFsInode directory)
        : this(image, directory, new MetadataPosition(image.Superblock.DirectoryTable + directory.Start, directory.Offset), directory.Size)
    {
    }

    private SquashFsDirectory(SquashFsImage image, SquashFsInode directory, MetadataPosition at, long left)
    {
        if (directory.Kind != FileKind.Directory)
        {
            throw new ArgumentException("the inode is no directory", nameof(directory));
        }

        _image = image;
        _at = at;
        _left = left;
    }

    /// <summary>The name of the entry; valid until the next is read.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Name => ((ReadOnlySpan<byte>)_name)[.._nameLength];

    public FileKind Kind { get; private set; }

    /// <summary>For <see cref="SquashFsImage.ReadInode"/>.</summary>
    public ulong InodeReference { get; private set; }

    public uint InodeNumber { get; private set; }

    /// <summary>Finds one name; with the index of a large directory only the part that may have it is read.</summary>
    public static bool TryFind(SquashFsImage image, SquashFsInode directory, ReadOnlySpan<byte> name, out ulong reference)
    {
        SquashFsDirectory entries = From(image, directory, name);
        while (entries.Next())
        {
            // As the kernel does: entries are sorted, so once the first byte is past the name's it cannot come.
            if (entries.Name.SequenceEqual(name))
            {
                reference = entries.InodeReference;
                return true;
            }

            if (name.IsEmpty || entries.Name[0] > name[0])
            {
                break;
            }
        }

        reference = 0;
        return false;
    }

    /// <summary>Moves to the next entry; false behind the last.</summary>
    public bool Next()
    {
        if (_left == 0)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[HeaderSize];
        if (_inRun == 0)
        {
            Read(bytes);
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (count >= MostInRun)
            {
                throw new InvalidDataException($"a directory claims {count} entries in a run");
            }

            _inRun = count + 1;
            _block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            _number = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        }

        Read(bytes[..EntrySize]);
        _inRun--;
        InodeReference = ((ulong)_block << 16) | BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        InodeNumber = unchecked(_number + (uint)BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]));
        int type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        _nameLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) + 1;
        if (_nameLength > LongestName)
        {
            throw new InvalidDataException($"a directory has a name of {_nameLength} bytes");
        }

        Read(((Span<byte>)_name)[.._nameLength]);
        if (Name.ContainsAny((byte)0, (byte)'/') || Name.SequenceEqual("."u8) || Name.SequenceEqual(".."u8))
        {
            throw new InvalidDataException("a directory has an entry with a name that no file can have");
        }

        Kind = type switch
        {
            1 => FileKind.Directory,
            2 => FileKind.Regular,
            3 => FileKind.SymbolicLink,
            4 => FileKind.BlockDevice,
            5 => FileKind.CharacterDevice,
            6 => FileKind.Fifo,
            7 => FileKind.Socket,
            _ => throw new InvalidDataException($"a directory has an entry of the unknown type {type}"),
        };
        return true;
    }

    private static SquashFsDirectory From(SquashFsImage image, SquashFsInode directory, ReadOnlySpan<byte> name)
    {
        const int IndexSize = 12;   // bytes of listing before it, its block, length of the name − 1; then the name
        long table = image.Superblock.DirectoryTable;
        long skipped = 0;
        long block = directory.Start;
        MetadataPosition at = directory.Rest;
        Span<byte> bytes = stackalloc byte[IndexSize];
        Span<byte> first = stackalloc byte[LongestName];
        for (int i = 0; i < directory.IndexCount; i++)
        {
            image.Metadata.Read(ref at, bytes, image.Superblock.InodeTableEnd);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            if (length >= LongestName)
            {
                throw new InvalidDataException($"a directory index has a name of {length} bytes");
            }

            Span<byte> firstName = first[..((int)length + 1)];
            image.Metadata.Read(ref at, firstName, image.Superblock.InodeTableEnd);
            if (firstName.SequenceCompareTo(name) > 0)
            {
                break;
            }

            skipped = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        }

        if (skipped > directory.Size)
        {
            throw new InvalidDataException($"a directory index points to byte {skipped} of {directory.Size}");
        }

        int offset = (int)((directory.Offset + skipped) % MetadataBlocks.BlockSize);
        return new SquashFsDirectory(image, directory, new MetadataPosition(table + block, offset), directory.Size - skipped);
    }

    private void Read(scoped Span<byte> target)
    {
        if (target.Length > _left)
        {
            throw new InvalidDataException("a directory ends inside an entry");
        }

        _left -= target.Length;
        _image.Metadata.Read(ref _at, target, _image.Superblock.DirectoryTableEnd);
    }

    [InlineArray(LongestName)]
    private struct NameBuffer
    {
        private byte _first;
    }
}
