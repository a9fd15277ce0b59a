using System;
using System.IO;
using System.IO.Compression;

namespace Kerr.Registry.Layers;

/// <summary>A layer's tar archive out of its blob, by what the first bytes say: gzip, zstd, or not compressed.</summary>
/// <remarks>Media types are not asked: they are often wrong, and the magic numbers cannot be mistaken for a tar header.</remarks>
public static class LayerStream
{
    /// <summary>Takes over <paramref name="blob"/>.</summary>
    public static Stream Open(Stream blob)
    {
        var start = new byte[4];
        int count = blob.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, count), blob);
        ReadOnlySpan<byte> magic = start.AsSpan(0, count);
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return new GZipStream(whole, CompressionMode.Decompress);
        }

        return magic.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? new ZstdStream(whole) : whole;
    }

    /// <summary>A stream whose first bytes were read already.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> start, Stream rest) : ReadOnlyStream
    {
        private ReadOnlyMemory<byte> _start = start;

        public override int Read(Span<byte> buffer)
        {
            if (_start.IsEmpty)
            {
                return rest.Read(buffer);
            }

            int count = Math.Min(buffer.Length, _start.Length);
            _start.Span[..count].CopyTo(buffer);
            _start = _start[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                rest.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
