using System;
using System.Runtime.InteropServices;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Bare LZO1X blocks.</summary>
internal sealed unsafe partial class LzoCodec : IBlockCodec
{
    internal const string Library = "liblzo2.so.2";

    internal LzoCodec() => _ = lzo_version();

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        nuint size = (nuint)target.Length;
        fixed (byte* source = block)
        fixed (byte* destination = target)
        {
            int code = lzo1x_decompress_safe(source, (nuint)block.Length, destination, &size, null);
            return code == 0 ? (int)size : throw BlockCodec.Damaged("lzo", code);
        }
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint lzo_version();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lzo1x_decompress_safe(
        byte* source, nuint sourceSize, byte* target, nuint* targetSize, void* workMemory);
}
