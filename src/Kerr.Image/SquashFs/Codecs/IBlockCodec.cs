using System;
using System.IO;
using Kerr.Linux;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Decodes the blocks of one compression. Calls may come from several threads at once.</summary>
internal interface IBlockCodec
{
    /// <summary>
    /// Decodes a block to the start of <paramref name="target"/>, all of it or, where the codec can stop early, at least
    /// <paramref name="atLeast"/> bytes. Gives the count, less than that only where the block has no more.
    /// </summary>
    /// <exception cref="InvalidDataException">The block is damaged, or is longer than the target.</exception>
    int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast);
}

/// <summary>The codec for a compression; libraries are loaded when an image first needs them.</summary>
internal static class BlockCodec
{
    internal static IBlockCodec For(SquashFsCompression compression) => compression switch
    {
        SquashFsCompression.Gzip => new GzipCodec(),
        SquashFsCompression.Xz => Loaded("xz", LzmaLibrary.Name, "liblzma5", static () => new XzCodec()),
        SquashFsCompression.Lzma => Loaded("lzma", LzmaLibrary.Name, "liblzma5", static () => new LzmaCodec()),
        SquashFsCompression.Lz4 => Loaded("lz4", Lz4Codec.Library, "liblz4-1", static () => new Lz4Codec()),
        SquashFsCompression.Lzo => new LzoCodec(),
        SquashFsCompression.Zstd => Loaded("zstd", ZstdCodec.Library, "libzstd1", static () => new ZstdCodec()),
        _ => throw new InvalidDataException($"the squashfs compression {(int)compression} is unknown"),
    };

    internal static InvalidDataException Damaged(string codec, long code)
        => new($"a {codec} block is damaged ({code})");

    // A codec's constructor makes a first call, which loads the library, unless it is linked into the program.
    internal static IBlockCodec Loaded(string compression, string library, string package, Func<IBlockCodec> create)
    {
        try
        {
            return create();
        }
        catch (DllNotFoundException missing)
        {
            throw new UserException(
                $"the image is compressed with {compression}, and this host has no {library}", $"apt-get install {package}", missing);
        }
    }
}
