using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Image.SquashFs;

/// <summary>The extended attributes in a squashfs.</summary>
/// <remarks>
/// An inode has a number in a table of (reference 8, count 4, size 4); there, each attribute is type 2, length 2, name
/// without its prefix, length 4, value. A value that several share is stored once, and here is its reference instead.
/// </remarks>
public sealed class SquashFsXattrs
{
    private const int HeaderSize = 16;
    private const int EntrySize = 16;
    private const int Elsewhere = 0x100;

    // What the kernel takes: XATTR_NAME_MAX, XATTR_SIZE_MAX, XATTR_LIST_MAX.
    private const int LongestName = 255;
    private const int LargestValue = 65_536;
    private const int MostAttributes = 65_536 / 2;

    private readonly SquashFsImage _image;
    private readonly LookupTable? _table;
    private readonly long _start;

    public SquashFsXattrs(SquashFsImage image)
    {
        _image = image;
        long at = image.Superblock.XattrTable;
        if (at == Superblock.NoTable)
        {
            return;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        image.Source.Read(at, header);
        _start = BinaryPrimitives.ReadInt64LittleEndian(header);
        if (_start < Superblock.Size || _start > at)
        {
            throw new InvalidDataException($"the xattrs at {_start} are not before their table at {at}");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        _table = new LookupTable(image.Source, image.Metadata, "xattr", at + HeaderSize, count, EntrySize);
    }

    /// <summary>The attributes of an inode by their full names (<c>user.x</c>, Latin-1); none for most.</summary>
    public List<KeyValuePair<string, byte[]>> Read(SquashFsInode inode)
    {
        var attributes = new List<KeyValuePair<string, byte[]>>();
        Span<byte> name = stackalloc byte[LongestName];
        Cursor cursor = Begin(inode);

        // Shared values make a small image claim a lot of memory.
        long total = 0;
        while (Next(ref cursor, name, out int length, out Value value))
        {
            total += length + value.Length;
            if (total > 1 << 20)
            {
                throw new InvalidDataException($"inode {inode.Number} has more than 1 MiB of xattrs");
            }

            var bytes = new byte[value.Length];
            Read(value, bytes);
            attributes.Add(new KeyValuePair<string, byte[]>(System.Text.Encoding.Latin1.GetString(name[..length]), bytes));
        }

        return attributes;
    }

    /// <summary>The length of a value, which is written to the target if there is room for it; −1 where the inode has none of that name.</summary>
    internal int Find(in SquashFsInode inode, ReadOnlySpan<byte> wanted, Span<byte> target)
    {
        Span<byte> name = stackalloc byte[LongestName];
        Cursor cursor = Begin(inode);
        while (Next(ref cursor, name, out int length, out Value value))
        {
            if (name[..length].SequenceEqual(wanted))
            {
                if (value.Length <= target.Length)
                {
                    Read(value, target[..value.Length]);
                }

                return value.Length;
            }
        }

        return -1;
    }

    /// <summary>
    /// The length of all names that everybody may see, each with a NUL behind it; those are written for which there is room.
    /// </summary>
    /// <remarks>
    /// Only root of the host may read what is named <c>trusted</c> (xattr(7)), and FUSE does not say whether it is who asks. Overlay in a
    /// user namespace reads whatever is listed before it copies a file up, and would fail (ENODATA).
    /// </remarks>
    internal int List(in SquashFsInode inode, Span<byte> target)
    {
        Span<byte> name = stackalloc byte[LongestName + 1];
        Cursor cursor = Begin(inode);
        int total = 0;
        while (Next(ref cursor, name, out int length, out _))
        {
            if (name.StartsWith("trusted."u8))
            {
                continue;
            }

            name[length] = 0;
            if (total + length < target.Length)
            {
                name[..(length + 1)].CopyTo(target[total..]);
            }

            total += length + 1;
        }

        return total;
    }

    private Cursor Begin(in SquashFsInode inode)
    {
        if (_table is null || inode.Xattrs == SquashFsInode.NoXattrs)
        {
            return default;
        }

        Span<byte> entry = stackalloc byte[EntrySize];
        _table.Read(inode.Xattrs, entry);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
        return count <= MostAttributes
            ? new Cursor { At = MetadataPosition.Of(_start, BinaryPrimitives.ReadUInt64LittleEndian(entry)), Left = count, Inode = inode.Number }
            : throw new InvalidDataException($"inode {inode.Number} has {count} xattrs");
    }

    private bool Next(ref Cursor cursor, Span<byte> name, out int nameLength, out Value value)
    {
        nameLength = 0;
        value = default;
        if (cursor.Left == 0)
        {
            return false;
        }

        cursor.Left--;
        long end = _image.Superblock.XattrTable;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        _image.Metadata.Read(ref cursor.At, bytes[..4], end);
        int type = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        ReadOnlySpan<byte> prefix = (type & 0xFF) switch
        {
            0 => "user."u8,
            1 => "trusted."u8,
            2 => "security."u8,
            _ => throw new InvalidDataException($"inode {cursor.Inode} has an xattr of the unknown type {type}"),
        };
        nameLength = prefix.Length + length;
        if (nameLength > LongestName)
        {
            throw new InvalidDataException($"inode {cursor.Inode} has an xattr with a name of {nameLength} bytes");
        }

        prefix.CopyTo(name);
        _image.Metadata.Read(ref cursor.At, name[prefix.Length..nameLength], end);
        _image.Metadata.Read(ref cursor.At, bytes[..4], end);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        MetadataPosition at = cursor.At;
        if ((type & Elsewhere) != 0)
        {
            if (size != sizeof(ulong))
            {
                throw new InvalidDataException($"the reference to an xattr value has {size} bytes");
            }

            _image.Metadata.Read(ref cursor.At, bytes, end);
            at = MetadataPosition.Of(_start, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            _image.Metadata.Read(ref at, bytes[..4], end);
            size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }

        if (size > LargestValue)
        {
            throw new InvalidDataException($"an xattr value has {size} bytes");
        }

        value = new Value { At = at, Length = (int)size };
        if ((type & Elsewhere) == 0)
        {
            Skip(ref cursor.At, value.Length);
        }

        return true;
    }

    private void Read(Value value, Span<byte> target) => _image.Metadata.Read(ref value.At, target, _image.Superblock.XattrTable);

    private void Skip(ref MetadataPosition at, int count)
    {
        Span<byte> bytes = stackalloc byte[512];
        while (count > 0)
        {
            int part = Math.Min(count, bytes.Length);
            _image.Metadata.Read(ref at, bytes[..part], _image.Superblock.XattrTable);
            count -= part;
        }
    }

    private struct Cursor
    {
        internal MetadataPosition At;
        internal uint Left;
        internal uint Inode;
    }

    private struct Value
    {
        internal MetadataPosition At;
        internal int Length;
    }
}
