using System;
using System.Buffers.Binary;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.ImageServer.Serving;

/// <summary>Answers the questions about files that are not about content; for several threads.</summary>
/// <remarks>Each gives the count of bytes that it wrote, or an error number negated.</remarks>
internal sealed class ImageFileSystem(SquashFsImage image, ShownOwner owner)
{
    private const int LongestName = 255;

    private readonly DirectoryListing _listing = new(image, owner);
    private readonly SquashFsXattrs _xattrs = new(image);

    internal bool HasXattrs { get; } = image.Superblock.XattrTable != Superblock.NoTable;

    internal int Lookup(ulong parent, ReadOnlySpan<byte> name, Span<byte> reply)
    {
        if (name.Length > LongestName)
        {
            return -(int)Errno.ENAMETOOLONG;
        }

        SquashFsInode directory = Inode(parent);
        if (directory.Kind != FileKind.Directory)
        {
            return -(int)Errno.ENOTDIR;
        }

        if (SquashFsDirectory.TryFind(image, directory, name, out ulong reference))
        {
            FuseAttributes.WriteEntry(reply, Nodes.Of(image, reference), image.ReadInode(reference), owner);
        }
        else
        {
            FuseAttributes.WriteNoEntry(reply);
        }

        return FuseAttributes.EntrySize;
    }

    internal int GetAttributes(ulong node, Span<byte> reply)
    {
        FuseAttributes.Write(reply, Inode(node), owner);
        return FuseAttributes.ReplySize;
    }

    internal int ReadLink(ulong node, Span<byte> reply)
    {
        SquashFsInode link = Inode(node);
        return link.Kind == FileKind.SymbolicLink ? image.ReadLink(link, reply) : -(int)Errno.EINVAL;
    }

    /// <param name="from">Where the last reply ended, 0 to begin.</param>
    internal int ReadDirectory(ulong node, ulong from, Span<byte> reply, bool plus) => _listing.Write(node, from, reply, plus);

    internal int StatFs(Span<byte> reply)
    {
        // struct fuse_kstatfs: 0 blocks  8 bfree  16 bavail  24 files  32 ffree  40 bsize  44 namelen  48 frsize … 80
        const int Size = 80;
        Superblock super = image.Superblock;
        reply[..Size].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(reply, ((super.BytesUsed - 1) / super.BlockSize) + 1);
        BinaryPrimitives.WriteUInt64LittleEndian(reply[24..], super.InodeCount);
        BinaryPrimitives.WriteInt32LittleEndian(reply[40..], super.BlockSize);
        BinaryPrimitives.WriteInt32LittleEndian(reply[44..], LongestName + 1);
        BinaryPrimitives.WriteInt32LittleEndian(reply[48..], super.BlockSize);
        return Size;
    }

    /// <summary>A value, or with room for none its size as struct fuse_getxattr_out.</summary>
    internal int GetXattr(ulong node, ReadOnlySpan<byte> name, int room, Span<byte> reply)
    {
        int length = _xattrs.Find(Inode(node), name, reply[..Math.Min(room, reply.Length)]);
        return length < 0 ? -(int)Errno.ENODATA : Give(length, room, reply);
    }

    /// <summary>The names, each with a NUL behind it.</summary>
    internal int ListXattrs(ulong node, int room, Span<byte> reply)
        => Give(_xattrs.List(Inode(node), reply[..Math.Min(room, reply.Length)]), room, reply);

    internal SquashFsInode Inode(ulong node) => image.ReadInode(Nodes.Reference(image, node));

    private static int Give(int length, int room, Span<byte> reply)
    {
        if (room == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(reply, (uint)length);
            return sizeof(ulong);
        }

        return length > room ? -(int)Errno.ERANGE : length > reply.Length ? -(int)Errno.E2BIG : length;
    }
}
