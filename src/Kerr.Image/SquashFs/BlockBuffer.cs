using System;
using System.IO;

namespace Kerr.Image.SquashFs;

/// <summary>The last data or fragment block that was decoded, as far as it was needed. For one thread.</summary>
/// <remarks>A launch reads the first bytes of a few small files: there is no need to decode 128 KiB for them.</remarks>
internal sealed class BlockBuffer(SquashFsImage image)
{
    /// <summary>In a size word: the block is stored as it is.</summary>
    private const uint Stored = 1 << 24;

    private byte[] _decoded = [];
    private byte[] _compressed = [];
    private long _block = -1;
    private int _length;

    /// <summary>Whether the size word of a block says that it is all zeros.</summary>
    internal static bool IsHole(uint word) => (word & ~Stored) == 0;

    /// <summary>The bytes of a block on disk; more than a block in a damaged image.</summary>
    internal static long SizeOf(uint word) => word & ~Stored;

    /// <summary>Decodes a block of exactly <paramref name="target"/>'s length.</summary>
    internal void ReadWhole(long block, uint word, Span<byte> target)
    {
        int length = Decode(block, word, target, target.Length);
        if (length != target.Length)
        {
            throw new InvalidDataException($"the block at {block} has {length} bytes, not {target.Length}");
        }
    }

    /// <summary>The bytes of a block from its start, at least <paramref name="atLeast"/> of them.</summary>
    internal ReadOnlySpan<byte> Read(long block, uint word, int atLeast)
    {
        if (_block != block || _length < atLeast)
        {
            if (_decoded.Length == 0)
            {
                _decoded = GC.AllocateUninitializedArray<byte>(image.Superblock.BlockSize);
            }

            // Whoever comes back for more of the block gets all of it.
            int wanted = _block == block ? _decoded.Length : atLeast;
            _block = -1;
            _length = Decode(block, word, _decoded, wanted);
            _block = block;
        }

        return _length >= atLeast
            ? _decoded.AsSpan(0, _length)
            : throw new InvalidDataException($"the block at {block} has {_length} bytes, not {atLeast}");
    }

    /// <summary>Reads a block and decodes it to the start of the target, at least that many bytes of it; gives the count.</summary>
    /// <param name="compressed">Room for what is on disk, a block at most.</param>
    internal static int Decode(SquashFsImage image, long block, uint word, Span<byte> target, int atLeast, Span<byte> compressed)
    {
        int size = CheckedSize(image, block, word);
        if ((word & Stored) != 0)
        {
            if (size > target.Length)
            {
                throw new InvalidDataException($"the block at {block} has {size} bytes, not {target.Length}");
            }

            image.Source.Read(block, target[..size]);
            return size;
        }

        compressed = compressed[..size];
        image.Source.Read(block, compressed);
        return image.Codec.Decode(compressed, target, Math.Min(atLeast, target.Length));
    }

    private static int CheckedSize(SquashFsImage image, long block, uint word)
    {
        long onDisk = SizeOf(word);
        return onDisk == 0 || onDisk > image.Superblock.BlockSize || block < Superblock.Size || block > image.Superblock.InodeTable - onDisk
            ? throw new InvalidDataException($"a block of {onDisk} bytes at {block} is not in the data of the squashfs")
            : (int)onDisk;
    }

    private int Decode(long block, uint word, Span<byte> target, int atLeast)
    {
        int size = CheckedSize(image, block, word);
        if (_compressed.Length < size)
        {
            _compressed = GC.AllocateUninitializedArray<byte>(image.Superblock.BlockSize);
        }

        return Decode(image, block, word, target, atLeast, _compressed);
    }
}
