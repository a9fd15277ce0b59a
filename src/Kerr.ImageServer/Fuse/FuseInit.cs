using System;
using System.Buffers.Binary;

namespace Kerr.ImageServer.Fuse;

/// <summary>FUSE_INIT: what kernel and server agree on. Numbers and names of linux/fuse.h.</summary>
/// <remarks>
/// <code>
/// in:  0 major  4 minor  8 max_readahead  12 flags  16 flags2 (7.36)
/// out: 0 major  4 minor  8 max_readahead  12 flags  16 max_background u16  18 congestion_threshold u16  20 max_write
///      24 time_gran  28 max_pages u16  30 map_alignment u16  32 flags2 … 64
/// </code>
/// </remarks>
internal readonly record struct FuseInit(uint Minor, uint MaximumReadAhead, uint Flags, bool NoOpen, bool NoOpenDirectory)
{
    internal const int ReplySize = 64;
    internal const int RequestPages = 256;

    private const uint Major = 7, OurMinor = 38;
    private const uint FUSE_ASYNC_READ = 1 << 0, FUSE_EXPLICIT_INVAL_DATA = 1 << 25, FUSE_DO_READDIRPLUS = 1 << 13,
        FUSE_ASYNC_DIO = 1 << 15, FUSE_NO_OPEN_SUPPORT = 1 << 17, FUSE_PARALLEL_DIROPS = 1 << 18, FUSE_MAX_PAGES = 1 << 22,
        FUSE_CACHE_SYMLINKS = 1 << 23, FUSE_NO_OPENDIR_SUPPORT = 1 << 24;

    // READDIRPLUS without _AUTO: a listing always brings the attributes, since nearly all who list ask for them next.
    private const uint Wanted = FUSE_ASYNC_READ | FUSE_EXPLICIT_INVAL_DATA | FUSE_DO_READDIRPLUS | FUSE_ASYNC_DIO
        | FUSE_NO_OPEN_SUPPORT | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS | FUSE_NO_OPENDIR_SUPPORT;

    /// <summary>Reads the kernel's offer and writes the answer; 0 for a protocol that is too old to speak, or no request at all.</summary>
    internal static int Negotiate(ReadOnlySpan<byte> request, Span<byte> reply, out FuseInit agreed)
    {
        agreed = default;
        if (request.Length < 16)
        {
            return 0;
        }

        uint major = BinaryPrimitives.ReadUInt32LittleEndian(request);
        uint minor = BinaryPrimitives.ReadUInt32LittleEndian(request[4..]);

        // 7.23 (Linux 3.15) is the first that takes this reply; user namespaces came with 7.27.
        if (major < Major || (major == Major && minor < 23))
        {
            return 0;
        }

        reply = reply[..ReplySize];
        reply.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(reply, Major);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[4..], OurMinor);
        if (major > Major)
        {
            return ReplySize; // the kernel asks again in our version
        }

        uint readAhead = BinaryPrimitives.ReadUInt32LittleEndian(request[8..]);
        uint offered = BinaryPrimitives.ReadUInt32LittleEndian(request[12..]);
        uint flags = offered & Wanted;
        BinaryPrimitives.WriteUInt32LittleEndian(reply[8..], readAhead);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[12..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(reply[16..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(reply[18..], 48);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[20..], 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[24..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(reply[28..], (flags & FUSE_MAX_PAGES) != 0 ? (ushort)RequestPages : (ushort)0);
        agreed = new FuseInit(
            Math.Min(minor, OurMinor), readAhead, flags, (flags & FUSE_NO_OPEN_SUPPORT) != 0, (flags & FUSE_NO_OPENDIR_SUPPORT) != 0);
        return ReplySize;
    }
}
