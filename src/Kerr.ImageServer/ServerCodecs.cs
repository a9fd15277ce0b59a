using System.IO;
using Kerr.Image.SquashFs;
using Kerr.Image.SquashFs.Codecs;

namespace Kerr.ImageServer;

/// <summary>The codecs that are linked into this program.</summary>
internal static class ServerCodecs
{
    internal static IBlockCodec For(SquashFsCompression compression) => compression switch
    {
        SquashFsCompression.Gzip => new DeflateCodec(),
        SquashFsCompression.Xz => new XzCodec(),
        SquashFsCompression.Lzma => new LzmaCodec(),
        SquashFsCompression.Lz4 => new Lz4Codec(),
        SquashFsCompression.Lzo => new LzoCodec(),
        SquashFsCompression.Zstd => new ZstdCodec(),
        _ => throw new InvalidDataException($"the image server has no decoder for {compression}"),
    };
}
