using System;
using System.Buffers.Binary;

namespace Kerr.ImageServer.Fuse;

/// <summary>A request of the kernel: struct fuse_in_header, then what belongs to the opcode.</summary>
/// <remarks>
/// <code>
/// 0     4        8        16     24    28    32    36       40
/// | len | opcode | unique | node | uid | gid | pid | extlen | body … len
/// </code>
/// </remarks>
internal readonly ref struct FuseRequest
{
    internal const int HeaderSize = 40;

    private FuseRequest(ReadOnlySpan<byte> message)
    {
        Opcode = (FuseOpcode)BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        Unique = BinaryPrimitives.ReadUInt64LittleEndian(message[8..]);
        Node = BinaryPrimitives.ReadUInt64LittleEndian(message[16..]);
        Body = message[HeaderSize..];
    }

    internal FuseOpcode Opcode { get; }

    /// <summary>What the reply refers to.</summary>
    internal ulong Unique { get; }

    /// <summary>The file that it is about, as an earlier reply named it.</summary>
    internal ulong Node { get; }

    internal ReadOnlySpan<byte> Body { get; }

    /// <summary>Requests that must not be answered.</summary>
    internal bool HasNoReply => Opcode is FuseOpcode.FUSE_FORGET or FuseOpcode.FUSE_BATCH_FORGET;

    /// <summary>False for a message that is shorter than a header or than it says.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> message, out FuseRequest request)
    {
        bool whole = message.Length >= HeaderSize && BinaryPrimitives.ReadUInt32LittleEndian(message) == message.Length;
        request = whole ? new FuseRequest(message) : default;
        return whole;
    }

    /// <summary>The number at a place of the body; false where the body ends before.</summary>
    internal bool TryInt(int at, out uint value)
    {
        bool there = Body.Length >= at + sizeof(uint);
        value = there ? BinaryPrimitives.ReadUInt32LittleEndian(Body[at..]) : 0;
        return there;
    }

    internal bool TryLong(int at, out ulong value)
    {
        bool there = Body.Length >= at + sizeof(ulong);
        value = there ? BinaryPrimitives.ReadUInt64LittleEndian(Body[at..]) : 0;
        return there;
    }

    /// <summary>The bytes from a place of the body to the first NUL; false where there is none.</summary>
    internal bool TryName(int at, out ReadOnlySpan<byte> name)
    {
        int end = Body.Length > at ? Body[at..].IndexOf((byte)0) : -1;
        name = end > 0 ? Body.Slice(at, end) : default;
        return end > 0;
    }
}
