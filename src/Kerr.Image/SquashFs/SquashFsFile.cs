using System;
using System.Buffers.Binary;
using Kerr.Linux.Files;

namespace Kerr.Image.SquashFs;

/// <summary>The content of a regular file. For one thread; reading forward is quick, going back starts at the first block.</summary>
internal struct SquashFsFile
{
    private readonly SquashFsImage _image;
    private readonly SquashFsInode _inode;
    private readonly BlockBuffer _data;
    private readonly BlockBuffer _tails;
    private readonly long _blockCount;

    // A block of the file, the place of its size in the list, and where on disk it starts: the sum of those before.
    private long _block;
    private MetadataPosition _list;
    private long _start;

    /// <param name="tails">Apart from <paramref name="data"/>, because the ends of many small files share a block.</param>
    internal SquashFsFile(SquashFsImage image, SquashFsInode inode, BlockBuffer data, BlockBuffer tails)
    {
        if (inode.Kind != FileKind.Regular)
        {
            throw new ArgumentException("the inode is no regular file", nameof(inode));
        }

        _image = image;
        _inode = inode;
        _data = data;
        _tails = tails;
        int size = image.Superblock.BlockSize;
        bool hasTail = inode.Size % size != 0;
        _blockCount = (inode.Size / size) + (hasTail && inode.Fragment == SquashFsInode.NoFragment ? 1 : 0);
        Rewind();
    }

    /// <summary>Reads from a position until <paramref name="target"/> is full or the file ends; gives the count.</summary>
    internal int Read(long offset, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= _inode.Size)
        {
            return 0;
        }

        target = target[..(int)Math.Min(target.Length, _inode.Size - offset)];
        int blockSize = _image.Superblock.BlockSize;
        for (int done = 0; done < target.Length;)
        {
            long block = (offset + done) / blockSize;
            int from = (int)((offset + done) % blockSize);
            int length = (int)Math.Min(blockSize, _inode.Size - (block * blockSize));
            Span<byte> part = target.Slice(done, Math.Min(length - from, target.Length - done));
            if (block < _blockCount)
            {
                ReadBlock(block, length, from, part);
            }
            else
            {
                ReadTail(from, part);
            }

            done += part.Length;
        }

        return target.Length;
    }

    private void ReadBlock(long block, int length, int from, Span<byte> part)
    {
        if (block < _block)
        {
            Rewind();
        }

        for (; _block < block; _block++)
        {
            _start += BlockBuffer.SizeOf(ReadSize(ref _list));
        }

        MetadataPosition here = _list;
        uint word = ReadSize(ref here);
        if (BlockBuffer.IsHole(word))
        {
            part.Clear();
        }
        else if (part.Length == length)
        {
            _data.ReadWhole(_start, word, part);
        }
        else
        {
            _data.Read(_start, word, from + part.Length).Slice(from, part.Length).CopyTo(part);
        }
    }

    private readonly void ReadTail(int from, Span<byte> part)
    {
        Span<byte> entry = stackalloc byte[12];   // where the fragment block is, its size word
        _image.Fragments.Read(_inode.Fragment, entry);
        long block = BinaryPrimitives.ReadInt64LittleEndian(entry);
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
        from += _inode.Offset;
        _tails.Read(block, word, from + part.Length).Slice(from, part.Length).CopyTo(part);
    }

    private void Rewind()
    {
        _list = _inode.Rest;
        _block = 0;
        _start = _inode.Start;
    }

    private readonly uint ReadSize(ref MetadataPosition at)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        _image.Metadata.Read(ref at, word, _image.Superblock.InodeTableEnd);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }
}
