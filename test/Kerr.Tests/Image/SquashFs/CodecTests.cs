using System;
using System.IO;
using System.IO.Compression;
using Kerr.Image.SquashFs;
using Kerr.Image.SquashFs.Codecs;
using Kerr.Linux;
using Xunit;

namespace Kerr.Tests.Image.SquashFs;

public class CodecTests
{
    [Fact]
    public void Gzip_stops_when_it_has_what_is_asked_for()
    {
        byte[] block = Deflate(new byte[100_000]);
        var target = new byte[131_072];

        Assert.InRange(new GzipCodec().Decode(block, target, 100), 100, 131_072);
        Assert.Equal(100_000, new GzipCodec().Decode(block, target, target.Length));
    }

    [Fact]
    public void A_gzip_block_that_is_longer_than_it_should_be_is_damaged()
        => Assert.Throws<InvalidDataException>(() => new GzipCodec().Decode(Deflate(new byte[8193]), new byte[8192], 8192));

    [Theory]
    [InlineData(SquashFsCompression.Gzip)]
    [InlineData(SquashFsCompression.Lzma)]
    [InlineData(SquashFsCompression.Lzo)]
    [InlineData(SquashFsCompression.Xz)]
    [InlineData(SquashFsCompression.Lz4)]
    [InlineData(SquashFsCompression.Zstd)]
    public void Junk_is_refused_or_decoded_within_the_target(SquashFsCompression compression)
    {
        IBlockCodec codec = BlockCodec.For(compression);
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            var block = new byte[random.Next(0, 300)];
            random.NextBytes(block);
            var guarded = new byte[8192 + 64];
            guarded.AsSpan(8192).Fill(0xA5);
            try
            {
                Assert.InRange(codec.Decode(block, guarded.AsSpan(0, 8192), 8192), 0, 8192);
            }
            catch (InvalidDataException)
            {
                // What junk mostly is.
            }

            Assert.False(guarded.AsSpan(8192).ContainsAnyExcept((byte)0xA5));
        }
    }

    [Fact]
    public void A_library_that_is_missing_is_told_with_the_package_that_has_it()
    {
        var error = Assert.Throws<UserException>(
            () => BlockCodec.Loaded("zstd", "libzstd.so.1", "libzstd1", static () => throw new DllNotFoundException("libzstd.so.1")));

        Assert.Equal("the image is compressed with zstd, and this host has no libzstd.so.1", error.Message);
        Assert.Equal("apt-get install libzstd1", error.Remedy);
    }

    private static byte[] Deflate(byte[] bytes)
    {
        var buffer = new MemoryStream();
        using (var zlib = new ZLibStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return buffer.ToArray();
    }
}
