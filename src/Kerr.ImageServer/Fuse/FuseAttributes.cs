using System;
using System.Buffers.Binary;
using Kerr.Image.SquashFs;
using Kerr.Linux.Files;

namespace Kerr.ImageServer.Fuse;

/// <summary>Whose the files are shown to be; null: as stored.</summary>
internal readonly record struct ShownOwner(uint? Uid, uint? Gid);

/// <summary>Attributes and names of files, as replies carry them.</summary>
/// <remarks>
/// <code>
/// fuse_attr:      0 ino  8 size  16 blocks  24 atime  32 mtime  40 ctime  48 nanoseconds of these, u32 each
///                 60 mode  64 nlink  68 uid  72 gid  76 rdev  80 blksize  84 flags … 88
/// fuse_attr_out:  0 attr_valid  8 its nanoseconds  16 fuse_attr … 104
/// fuse_entry_out: 0 nodeid  8 generation  16 entry_valid  24 attr_valid  32 nanoseconds of these  40 fuse_attr … 128
/// </code>
/// An image cannot change, so everything is valid for ever.
/// </remarks>
internal static class FuseAttributes
{
    internal const int ReplySize = 104;
    internal const int EntrySize = 128;

    // The kernel counts in ticks and takes its longest time for this.
    private const ulong ForEver = int.MaxValue;

    /// <summary>Writes a reply to GETATTR.</summary>
    internal static void Write(Span<byte> reply, in SquashFsInode inode, ShownOwner owner)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(reply, ForEver);
        BinaryPrimitives.WriteUInt64LittleEndian(reply[8..], 0);
        WriteAttributes(reply[16..], inode, owner);
    }

    /// <summary>Writes a name's file.</summary>
    internal static void WriteEntry(Span<byte> entry, ulong node, in SquashFsInode inode, ShownOwner owner)
    {
        WriteNoEntry(entry);
        BinaryPrimitives.WriteUInt64LittleEndian(entry, node);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], ForEver);
        WriteAttributes(entry[40..], inode, owner);
    }

    /// <summary>Writes that a name does not exist, for the kernel to remember: a node of 0.</summary>
    internal static void WriteNoEntry(Span<byte> entry)
    {
        entry[..EntrySize].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], ForEver);
    }

    private static void WriteAttributes(Span<byte> attr, in SquashFsInode inode, ShownOwner owner)
    {
        // As the kernel's driver shows it, a directory has the size of its listing with three bytes for "." and "..".
        ulong size = (ulong)inode.Size + (inode.Kind == FileKind.Directory ? 3u : 0u);
        ulong blocks = inode.Kind == FileKind.Regular ? (ulong)(inode.Size - inode.Sparse + 511) >> 9 : 0;
        BinaryPrimitives.WriteUInt64LittleEndian(attr, inode.Number);
        BinaryPrimitives.WriteUInt64LittleEndian(attr[8..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(attr[16..], blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(attr[24..], inode.ModifiedAt);
        BinaryPrimitives.WriteUInt64LittleEndian(attr[32..], inode.ModifiedAt);
        BinaryPrimitives.WriteUInt64LittleEndian(attr[40..], inode.ModifiedAt);
        attr[48..60].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(attr[60..], (uint)inode.Kind | (uint)inode.Permissions);
        BinaryPrimitives.WriteUInt32LittleEndian(attr[64..], inode.Links);
        BinaryPrimitives.WriteUInt32LittleEndian(attr[68..], owner.Uid ?? inode.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(attr[72..], owner.Gid ?? inode.Gid);
        BinaryPrimitives.WriteUInt32LittleEndian(attr[76..], Device(inode));

        // What programs take as the size of their buffers: a page, since a block is too much for many small files.
        BinaryPrimitives.WriteUInt32LittleEndian(attr[80..], 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(attr[84..], 0);
    }

    // new_encode_dev() of the kernel.
    private static uint Device(in SquashFsInode inode)
        => (inode.DeviceMinor & 0xFF) | (inode.DeviceMajor << 8) | ((inode.DeviceMinor & 0xFFF00) << 12);
}
