using System;
using System.Runtime.InteropServices;
using Kerr.Linux;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Blocks that are each a Zstandard frame, RFC 8878.</summary>
internal sealed unsafe partial class ZstdCodec : IBlockCodec
{
    internal const string Library = "libzstd.so.1";

    // A context is 150 KB.
    private readonly SpareContexts _contexts = new(&Create, &Free);

    // The first one is made at once, so that a missing library is noticed here.
    internal ZstdCodec() => _contexts.Give(Create());

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        nint context = _contexts.Take();
        try
        {
            fixed (byte* source = block)
            fixed (byte* destination = target)
            {
                nuint count = ZSTD_decompressDCtx(context, destination, (nuint)target.Length, source, (nuint)block.Length);
                return ZSTD_isError(count) == 0 ? (int)count : throw BlockCodec.Damaged("zstd", (nint)count);
            }
        }
        finally
        {
            _contexts.Give(context);
        }
    }

    private static nint Create()
        => ZSTD_createDCtx() is not 0 and nint context ? context : throw new LinuxException("malloc", null, Errno.ENOMEM);

    private static void Free(nint context) => _ = ZSTD_freeDCtx(context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint ZSTD_decompressDCtx(nint context, byte* target, nuint targetSize, byte* source, nuint sourceSize);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint ZSTD_isError(nuint code);
}
