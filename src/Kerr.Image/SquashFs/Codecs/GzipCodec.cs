using System;
using System.IO;
using System.IO.Compression;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Blocks in the zlib format, RFC 1950; squashfs calls them gzip.</summary>
internal sealed unsafe class GzipCodec : IBlockCodec
{
    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        if (block.IsEmpty)
        {
            throw BlockCodec.Damaged("gzip", 0);
        }

        fixed (byte* start = block)
        {
            using var bytes = new UnmanagedMemoryStream(start, block.Length);
            using var decoder = new ZLibStream(bytes, CompressionMode.Decompress);
            int done = 0;
            while (done < atLeast)
            {
                int count = decoder.Read(target[done..]);
                if (count == 0)
                {
                    return done;
                }

                done += count;
            }

            // Who asks for all of it must learn that the block has more than it should.
            return done < target.Length || atLeast < target.Length || decoder.ReadByte() < 0
                ? done
                : throw BlockCodec.Damaged("gzip", block.Length);
        }
    }
}
