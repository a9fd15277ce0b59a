using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Image.SquashFs;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Memory;

namespace Kerr.ImageServer.Serving;

/// <summary>Collects the content of files as pieces of cached blocks. For one thread; the pieces hold until <see cref="Release"/>.</summary>
internal sealed unsafe class ContentReader
{
    private readonly SquashFsImage _image;
    private readonly BlockCache _cache;
    private readonly BlockLists _lists;
    private readonly int _blockSize;
    private readonly byte* _compressed;
    private readonly byte* _zeros;
    private readonly Action? _decodes;
    private readonly IoVector[] _pieces;
    private readonly int[] _pins;
    private int _pieceCount;
    private int _pinCount;

    /// <param name="decodes">Is called before a block is decoded.</param>
    /// <param name="zeros">A block of zeros, which all threads share.</param>
    internal ContentReader(SquashFsImage image, BlockCache cache, BlockLists lists, byte* zeros, int largestRead, Action? decodes)
    {
        _image = image;
        _cache = cache;
        _lists = lists;
        _blockSize = image.Superblock.BlockSize;
        _compressed = AnonymousMemory.Take(_blockSize);
        _zeros = zeros;
        _decodes = decodes;
        _pieces = new IoVector[BlocksOf(largestRead, _blockSize) + 1];
        _pins = new int[_pieces.Length];
    }

    /// <summary>The pieces, with a place in front for a header.</summary>
    internal Span<IoVector> Pieces => _pieces.AsSpan(0, _pieceCount);

    /// <summary>How many blocks a read touches at most, the tail in a fragment included.</summary>
    internal static int BlocksOf(int largestRead, int blockSize) => (largestRead / blockSize) + 2;

    /// <summary>Collects so much of a regular file as there is from a position; gives the count of bytes.</summary>
    /// <exception cref="InvalidDataException">The image is damaged there.</exception>
    internal int Collect(ulong node, in SquashFsInode inode, long offset, int count)
    {
        Release();
        _pieceCount = 1;
        if (offset < 0 || offset >= inode.Size)
        {
            return 0;
        }

        count = (int)Math.Min(count, inode.Size - offset);
        long block = offset / _blockSize;
        long whole = inode.Fragment == SquashFsInode.NoFragment ? long.MaxValue : inode.Size / _blockSize;
        BlockCursor cursor = block < whole ? _lists.Find(node, inode, block) : default;
        for (int done = 0; done < count; block++)
        {
            int from = (int)((offset + done) % _blockSize);
            int length = (int)Math.Min(_blockSize, inode.Size - (block * _blockSize));
            int part = Math.Min(length - from, count - done);
            if (block < whole)
            {
                AddBlock(ref cursor, length, from, part);
            }
            else
            {
                AddTail(inode, length, from, part);
            }

            done += part;
        }

        return count;
    }

    /// <summary>The next data (SEEK_DATA, 3) or hole (SEEK_HOLE, 4) from a position; an error number negated where there is none.</summary>
    internal long Seek(in SquashFsInode inode, long offset, uint whence)
    {
        const uint SEEK_DATA = 3, SEEK_HOLE = 4;
        if (inode.Kind != FileKind.Regular || whence is not (SEEK_DATA or SEEK_HOLE))
        {
            return -(int)Errno.EINVAL;
        }

        if (offset < 0 || offset >= inode.Size)
        {
            return -(int)Errno.ENXIO;
        }

        long blocks = inode.Fragment == SquashFsInode.NoFragment ? ((inode.Size - 1) / _blockSize) + 1 : inode.Size / _blockSize;
        long block = offset / _blockSize;
        var cursor = new BlockCursor(inode.Rest, inode.Start);
        cursor.Skip(_image, Math.Min(block, blocks));
        for (; block < blocks; block++)
        {
            if (BlockBuffer.IsHole(cursor.Next(_image)) == (whence == SEEK_HOLE))
            {
                return Math.Max(offset, block * _blockSize);
            }
        }

        // Behind the blocks is a tail, which is data, and then the end, which counts as a hole.
        long tail = Math.Max(offset, blocks * _blockSize);
        return whence == SEEK_HOLE ? inode.Size : tail < inode.Size ? tail : -(int)Errno.ENXIO;
    }

    /// <summary>Lets go of the blocks of the last read.</summary>
    internal void Release()
    {
        _pieceCount = 0;
        while (_pinCount > 0)
        {
            _cache.Release(_pins[--_pinCount]);
        }
    }

    private void AddBlock(ref BlockCursor cursor, int length, int from, int part)
    {
        long start = cursor.Start;
        uint word = cursor.Next(_image);
        if (BlockBuffer.IsHole(word))
        {
            Add(_zeros, part);
            return;
        }

        int slot = Pin(start, word);
        if (_cache.Length(slot) != length)
        {
            throw new InvalidDataException($"the block at {start} has {_cache.Length(slot)} bytes, not {length}");
        }

        Add(_cache.Memory(slot) + from, part);
    }

    private void AddTail(in SquashFsInode inode, int length, int from, int part)
    {
        Span<byte> entry = stackalloc byte[12];   // where the fragment block is, its size word
        _image.Fragments.Read(inode.Fragment, entry);
        long start = BinaryPrimitives.ReadInt64LittleEndian(entry);
        int slot = Pin(start, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
        if (_cache.Length(slot) < inode.Offset + length)
        {
            throw new InvalidDataException($"the fragment block at {start} has {_cache.Length(slot)} bytes, not {inode.Offset + length}");
        }

        Add(_cache.Memory(slot) + inode.Offset + from, part);
    }

    private int Pin(long start, uint word)
    {
        int slot = _cache.Acquire(start, word, out bool isNew);
        if (isNew)
        {
            Decode(slot, start, word);
        }

        _pins[_pinCount++] = slot;
        return slot;
    }

    private void Decode(int slot, long start, uint word)
    {
        int length;
        _decodes?.Invoke();
        try
        {
            length = BlockBuffer.Decode(
                _image, start, word, new Span<byte>(_cache.Memory(slot), _blockSize), _blockSize, new Span<byte>(_compressed, _blockSize));
        }
        catch
        {
            _cache.Failed(slot);
            throw;
        }

        _cache.Ready(slot, length);
    }

    /// <summary>Decodes the blocks of a range that are not in the cache, for a read that is still to come.</summary>
    /// <exception cref="InvalidDataException">The image is damaged there.</exception>
    internal void Prepare(ulong node, in SquashFsInode inode, long offset, int count)
    {
        long block = offset / _blockSize;
        long whole = inode.Fragment == SquashFsInode.NoFragment ? ((inode.Size - 1) / _blockSize) + 1 : inode.Size / _blockSize;
        long end = Math.Min(whole, (offset + count - 1) / _blockSize + 1);
        if (block >= end)
        {
            return;
        }

        BlockCursor cursor = _lists.Find(node, inode, block);
        for (; block < end; block++)
        {
            long start = cursor.Start;
            uint word = cursor.Next(_image);
            if (!BlockBuffer.IsHole(word) && _cache.TryAcquireNew(start, word, out int slot))
            {
                Decode(slot, start, word);
                _cache.Release(slot);
            }
        }
    }

    private void Add(byte* start, int length) => _pieces[_pieceCount++] = new IoVector(start, length);
}
