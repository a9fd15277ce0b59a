using System;
using System.Buffers.Binary;
using System.IO;
using System.Threading;
using Kerr.Image.SquashFs;
using Kerr.ImageServer.Fuse;
using Kerr.Linux.Files;

namespace Kerr.ImageServer.Serving;

/// <summary>READDIR and READDIRPLUS; for several threads.</summary>
/// <remarks>
/// <code>
/// fuse_dirent:     0 ino  8 off  16 namelen u32  20 type u32  24 name, filled up to 8     fuse_direntplus: fuse_entry_out, fuse_dirent
/// </code>
/// An entry's <c>off</c> is where the next is: 1 behind ".", 2 behind "..", then 2 + the number of entries before. A listing can only be
/// read from its start, so the places where the last replies ended are kept.
/// </remarks>
internal sealed class DirectoryListing(SquashFsImage image, ShownOwner owner)
{
    private const int EntryHeader = 24;
    private const int Places = 16;

    private readonly Lock _lock = new();
    private readonly Place[] _places = new Place[Places];
    private int _next;

    /// <summary>Writes as many entries from a place on as fit; gives the count of bytes.</summary>
    internal int Write(ulong node, ulong from, Span<byte> reply, bool plus)
    {
        SquashFsInode directory = image.ReadInode(Nodes.Reference(image, node));
        if (directory.Kind != FileKind.Directory)
        {
            return -(int)Linux.Errno.ENOTDIR;
        }

        int written = 0;
        ulong at = from;
        for (; at < 2; at++)
        {
            int size = WriteEntry(reply[written..], plus, at == 0 ? directory.Number : directory.Parent, at + 1, FileKind.Directory, at == 0 ? "."u8 : ".."u8);
            if (size == 0)
            {
                return written;
            }

            if (plus)
            {
                reply.Slice(written, FuseAttributes.EntrySize).Clear(); // the kernel knows these two already
            }

            written += size;
        }

        SquashFsDirectory entries = Resume(node, directory, at);
        while (true)
        {
            SquashFsDirectory before = entries;
            if (!entries.Next())
            {
                return written;
            }

            int size = WriteEntry(reply[written..], plus, entries.InodeNumber, at + 1, entries.Kind, entries.Name);
            if (size == 0)
            {
                Keep(node, at, before);
                return written;
            }

            if (plus)
            {
                WriteAttributes(reply[written..], entries);
            }

            written += size;
            at++;
        }
    }

    private void WriteAttributes(Span<byte> reply, in SquashFsDirectory entry)
    {
        try
        {
            SquashFsInode inode = image.ReadInode(entry.InodeReference);
            FuseAttributes.WriteEntry(reply, Nodes.Of(image, entry.InodeReference), inode, owner);
        }
        catch (InvalidDataException)
        {
            // The name is there; whoever looks it up gets the error.
            reply[..FuseAttributes.EntrySize].Clear();
        }
    }

    /// <summary>Writes an entry without its attributes; 0 where it does not fit.</summary>
    private static int WriteEntry(Span<byte> reply, bool plus, uint number, ulong next, FileKind kind, ReadOnlySpan<byte> name)
    {
        int start = plus ? FuseAttributes.EntrySize : 0;
        int size = (start + EntryHeader + name.Length + 7) & ~7;
        if (size > reply.Length)
        {
            return 0;
        }

        Span<byte> entry = reply[start..size];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, number);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], next);
        BinaryPrimitives.WriteInt32LittleEndian(entry[16..], name.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], (uint)kind >> 12);
        name.CopyTo(entry[EntryHeader..]);
        entry[(EntryHeader + name.Length)..].Clear();
        return size;
    }

    private SquashFsDirectory Resume(ulong node, in SquashFsInode directory, ulong at)
    {
        if (at > 2)
        {
            lock (_lock)
            {
                foreach (ref Place place in _places.AsSpan())
                {
                    if (place.Node == node && place.At == at)
                    {
                        return place.Entries;
                    }
                }
            }
        }

        var entries = new SquashFsDirectory(image, directory);
        for (ulong i = 2; i < at && entries.Next(); i++)
        {
        }

        return entries;
    }

    private void Keep(ulong node, ulong at, in SquashFsDirectory entries)
    {
        lock (_lock)
        {
            _places[_next] = new Place { Node = node, At = at, Entries = entries };
            _next = (_next + 1) % Places;
        }
    }

    private struct Place
    {
        internal ulong Node;
        internal ulong At;
        internal SquashFsDirectory Entries;
    }
}
