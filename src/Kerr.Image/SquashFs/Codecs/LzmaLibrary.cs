using System;
using System.Runtime.InteropServices;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>What is used of liblzma, for xz and for the older lzma.</summary>
internal static unsafe partial class LzmaLibrary
{
    internal const string Name = "liblzma.so.5";
    internal const int LZMA_OK = 0;
    internal const int LZMA_STREAM_END = 1;

    /// <summary>A dictionary is never larger than a block; a header that asks for more is refused.</summary>
    internal const ulong MemoryLimit = 32 << 20;

    [LibraryImport(Name)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial uint lzma_version_number();

    [LibraryImport(Name)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int lzma_stream_buffer_decode(
        ulong* memlimit, uint flags, void* allocator, byte* source, nuint* sourceAt, nuint sourceSize, byte* target,
        nuint* targetAt, nuint targetSize);

    [LibraryImport(Name)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int lzma_alone_decoder(LzmaStream* stream, ulong memlimit);

    [LibraryImport(Name)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(Name)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial void lzma_end(LzmaStream* stream);

    /// <summary>lzma_stream of lzma/base.h: all zeros to begin with.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LzmaStream
    {
        internal byte* NextIn;
        internal nuint AvailableIn;
        internal ulong TotalIn;
        internal byte* NextOut;
        internal nuint AvailableOut;
        internal ulong TotalOut;
        internal void* Allocator;
        internal void* Internal;
        internal fixed ulong Reserved[9];
    }
}

/// <summary>Blocks that are each a whole .xz stream.</summary>
internal sealed unsafe class XzCodec : IBlockCodec
{
    internal XzCodec() => _ = LzmaLibrary.lzma_version_number();

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        ulong limit = LzmaLibrary.MemoryLimit;
        nuint sourceAt = 0;
        nuint targetAt = 0;
        fixed (byte* source = block)
        fixed (byte* destination = target)
        {
            int code = LzmaLibrary.lzma_stream_buffer_decode(
                &limit, 0, null, source, &sourceAt, (nuint)block.Length, destination, &targetAt, (nuint)target.Length);
            return code == LzmaLibrary.LZMA_OK ? (int)targetAt : throw BlockCodec.Damaged("xz", code);
        }
    }
}

/// <summary>Blocks in the .lzma format with its 13-byte header.</summary>
internal sealed unsafe class LzmaCodec : IBlockCodec
{
    internal LzmaCodec() => _ = LzmaLibrary.lzma_version_number();

    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        const int LZMA_FINISH = 3;
        LzmaLibrary.LzmaStream stream = default;
        int code = LzmaLibrary.lzma_alone_decoder(&stream, LzmaLibrary.MemoryLimit);
        if (code != LzmaLibrary.LZMA_OK)
        {
            throw BlockCodec.Damaged("lzma", code);
        }

        try
        {
            fixed (byte* source = block)
            fixed (byte* destination = target)
            {
                stream.NextIn = source;
                stream.AvailableIn = (nuint)block.Length;
                stream.NextOut = destination;
                stream.AvailableOut = (nuint)target.Length;
                code = LzmaLibrary.lzma_code(&stream, LZMA_FINISH);

                // Where the header gives no length, a full target ends the block as well as the end mark does.
                return code == LzmaLibrary.LZMA_STREAM_END || (code == LzmaLibrary.LZMA_OK && stream.AvailableOut == 0)
                    ? (int)stream.TotalOut
                    : throw BlockCodec.Damaged("lzma", code);
            }
        }
        finally
        {
            LzmaLibrary.lzma_end(&stream);
        }
    }
}
