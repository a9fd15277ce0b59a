using System;
using System.Runtime.InteropServices;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Bare LZ4 blocks.</summary>
internal sealed unsafe partial class Lz4Codec : IBlockCodec
{
    internal const string Library = "liblz4.so.1";

    internal Lz4Codec() => _ = LZ4_versionNumber();

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        fixed (byte* source = block)
        fixed (byte* destination = target)
        {
            int count = LZ4_decompress_safe(source, destination, block.Length, target.Length);
            return count >= 0 ? count : throw BlockCodec.Damaged("lz4", count);
        }
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LZ4_versionNumber();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LZ4_decompress_safe(byte* source, byte* target, int sourceSize, int targetSize);
}
