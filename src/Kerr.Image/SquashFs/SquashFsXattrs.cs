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
        if (_table is null || inode.Xattrs == SquashFsInode.NoXattrs)
        {
            return attributes;
        }

        long end = _image.Superblock.XattrTable;
        Span<byte> entry = stackalloc byte[EntrySize];
        _table.Read(inode.Xattrs, entry);
        MetadataPosition at = MetadataPosition.Of(_start, BinaryPrimitives.ReadUInt64LittleEndian(entry));
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
        if (count > MostAttributes)
        {
            throw new InvalidDataException($"inode {inode.Number} has {count} xattrs");
        }

        Span<byte> bytes = stackalloc byte[LongestName];
        long total = 0;
        for (uint i = 0; i < count; i++)
        {
            _image.Metadata.Read(ref at, bytes[..4], end);
            int type = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            string prefix = (type & 0xFF) switch
            {
                0 => "user.",
                1 => "trusted.",
                2 => "security.",
                _ => throw new InvalidDataException($"inode {inode.Number} has an xattr of the unknown type {type}"),
            };
            if (prefix.Length + length > LongestName)
            {
                throw new InvalidDataException($"inode {inode.Number} has an xattr with a name of {prefix.Length + length} bytes");
            }

            _image.Metadata.Read(ref at, bytes[..length], end);
            string name = prefix + System.Text.Encoding.Latin1.GetString(bytes[..length]);
            byte[] value = ReadValue(ref at, (type & Elsewhere) != 0, end);

            // Shared values make a small image claim a lot of memory.
            total += name.Length + value.Length;
            if (total > 1 << 20)
            {
                throw new InvalidDataException($"inode {inode.Number} has more than 1 MiB of xattrs");
            }

            attributes.Add(new KeyValuePair<string, byte[]>(name, value));
        }

        return attributes;
    }

    private byte[] ReadValue(ref MetadataPosition at, bool elsewhere, long end)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        _image.Metadata.Read(ref at, bytes[..4], end);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (!elsewhere)
        {
            return ReadBytes(ref at, length, end);
        }

        if (length != sizeof(ulong))
        {
            throw new InvalidDataException($"the reference to an xattr value has {length} bytes");
        }

        _image.Metadata.Read(ref at, bytes, end);
        MetadataPosition there = MetadataPosition.Of(_start, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        _image.Metadata.Read(ref there, bytes[..4], end);
        return ReadBytes(ref there, BinaryPrimitives.ReadUInt32LittleEndian(bytes), end);
    }

    private byte[] ReadBytes(ref MetadataPosition at, uint length, long end)
    {
        if (length > LargestValue)
        {
            throw new InvalidDataException($"an xattr value has {length} bytes");
        }

        var value = new byte[length];
        _image.Metadata.Read(ref at, value, end);
        return value;
    }
}
