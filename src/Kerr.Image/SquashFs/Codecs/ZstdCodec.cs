using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Blocks that are each a Zstandard frame, RFC 8878.</summary>
internal sealed unsafe partial class ZstdCodec : IBlockCodec
{
    internal const string Library = "libzstd.so.1";

    // A context is 150 KB: one is kept for the next call, and made anew only when calls meet.
    private nint _spare = ZSTD_createDCtx();

    ~ZstdCodec()
    {
        // Also runs where the library was missing and the constructor failed.
        if (_spare != 0)
        {
            _ = ZSTD_freeDCtx(_spare);
        }
    }

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        nint context = Interlocked.Exchange(ref _spare, 0);
        if (context == 0)
        {
            context = ZSTD_createDCtx();
        }

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
            _ = ZSTD_freeDCtx(Interlocked.Exchange(ref _spare, context));
            GC.KeepAlive(this);
        }
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ZSTD_createDCtx();

    // Takes null.
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
