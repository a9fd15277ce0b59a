using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Kerr.Image.SquashFs;

namespace Kerr.ImageServer.Serving;

/// <summary>A place in a file's list of block sizes, and where on disk the block there starts.</summary>
internal struct BlockCursor(MetadataPosition list, long start)
{
    private MetadataPosition _list = list;

    /// <summary>Where on disk the next block starts.</summary>
    internal long Start { get; private set; } = start;

    /// <summary>The size word of the next block; moves behind it.</summary>
    internal uint Next(SquashFsImage image)
    {
        uint word = 0;
        image.Metadata.Read(ref _list, MemoryMarshal.AsBytes(new Span<uint>(ref word)), image.Superblock.InodeTableEnd);
        Start += BlockBuffer.SizeOf(word);
        return word;
    }

    /// <summary>Moves over that many blocks.</summary>
    internal void Skip(SquashFsImage image, long count)
    {
        Span<uint> words = stackalloc uint[256];
        while (count > 0)
        {
            Span<uint> part = words[..(int)Math.Min(words.Length, count)];
            image.Metadata.Read(ref _list, MemoryMarshal.AsBytes(part), image.Superblock.InodeTableEnd);
            foreach (uint word in part)
            {
                Start += BlockBuffer.SizeOf(word);
            }

            count -= part.Length;
        }
    }
}

/// <summary>Finds blocks in the middle of large files without adding up the sizes of all before; for several threads.</summary>
/// <remarks>
/// Where a block starts is known only by the sizes of those before it. For the files used last, marks in the list are
/// kept, at most <see cref="MostMarks"/> each, made as reads come that far.
/// </remarks>
internal sealed class BlockLists(SquashFsImage image)
{
    private const int Files = 32;
    private const int MostMarks = 1024;

    /// <summary>Blocks between marks, at least: 1 KiB of sizes, which are added up in a microsecond.</summary>
    private const int SmallestStride = 256;

    private readonly Lock _lock = new();
    private readonly Marks[] _files = new Marks[Files];
    private int _clock;

    /// <summary>The place of a block of a regular file.</summary>
    /// <exception cref="InvalidDataException">The list is damaged before it.</exception>
    internal BlockCursor Find(ulong node, in SquashFsInode inode, long block)
    {
        var cursor = new BlockCursor(inode.Rest, inode.Start);
        if (block >= SmallestStride)
        {
            Marks marks = Of(node, inode);
            lock (marks.Lock)
            {
                // While the file was looked up its marks may have become another's.
                if (marks.Node == node)
                {
                    cursor = marks.Before(image, cursor, ref block);
                }
            }
        }

        cursor.Skip(image, block);
        return cursor;
    }

    private Marks Of(ulong node, in SquashFsInode inode)
    {
        lock (_lock)
        {
            int oldest = 0;
            for (int i = 0; i < _files.Length; i++)
            {
                if (_files[i]?.Node == node)
                {
                    _files[i].UsedAt = ++_clock;
                    return _files[i];
                }

                if (_files[i] is null || (_files[oldest] is { } other && _clock - _files[i].UsedAt > _clock - other.UsedAt))
                {
                    oldest = i;
                }
            }

            Marks marks = _files[oldest] ??= new Marks();
            lock (marks.Lock)
            {
                marks.Begin(node, inode.Size / image.Superblock.BlockSize);
            }

            marks.UsedAt = ++_clock;
            return marks;
        }
    }

    private sealed class Marks
    {
        internal readonly Lock Lock = new();
        private readonly BlockCursor[] _marks = new BlockCursor[MostMarks];
        private long _stride;
        private int _count;

        internal ulong Node { get; private set; }

        internal int UsedAt { get; set; }

        internal void Begin(ulong node, long blocks)
        {
            Node = node;
            _stride = Math.Max(SmallestStride, (blocks / MostMarks) + 1);
            _count = 0;
        }

        /// <summary>The last mark before a block; leaves how many blocks are still to go.</summary>
        internal BlockCursor Before(SquashFsImage image, BlockCursor start, ref long block)
        {
            int wanted = (int)(block / _stride);
            while (_count < wanted)
            {
                BlockCursor next = _count == 0 ? start : _marks[_count - 1];
                next.Skip(image, _stride);
                _marks[_count++] = next;
            }

            block -= wanted * _stride;
            return wanted == 0 ? start : _marks[wanted - 1];
        }
    }
}
