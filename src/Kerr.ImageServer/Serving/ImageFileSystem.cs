using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
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
        string wanted = Encoding.Latin1.GetString(name);
        foreach (KeyValuePair<string, byte[]> attribute in _xattrs.Read(Inode(node)))
        {
            if (attribute.Key == wanted)
            {
                return Give(attribute.Value, room, reply);
            }
        }

        return -(int)Errno.ENODATA;
    }

    /// <summary>The names, each with a NUL behind it.</summary>
    internal int ListXattrs(ulong node, int room, Span<byte> reply)
    {
        var names = new List<byte>();
        foreach (KeyValuePair<string, byte[]> attribute in _xattrs.Read(Inode(node)))
        {
            names.AddRange(Encoding.Latin1.GetBytes(attribute.Key));
            names.Add(0);
        }

        return Give(CollectionsMarshal.AsSpan(names), room, reply);
    }

    internal SquashFsInode Inode(ulong node) => image.ReadInode(Nodes.Reference(image, node));

    private static int Give(ReadOnlySpan<byte> value, int room, Span<byte> reply)
    {
        if (room == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(reply, (uint)value.Length);
            return sizeof(ulong);
        }

        if (value.Length > room || value.Length > reply.Length)
        {
            return -(int)(value.Length > room ? Errno.ERANGE : Errno.E2BIG);
        }

        value.CopyTo(reply);
        return value.Length;
    }
}
