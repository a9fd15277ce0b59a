using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Kerr.Image.Sif;

/// <summary>One entry of the descriptor table: what an object is, where it lies, what it belongs to.</summary>
/// <remarks>
/// <code>
/// 0      4      5    9       13     17       25     33            41        49         57    65    73        201     585
/// | type | used | id | group | link | offset | size | with padding | created | modified | uid | gid | name    | extra |
/// </code>
/// Group ids are written with the top four bits set; a link with these bits points to a group, else to an object.
/// </remarks>
public sealed record SifDescriptor
{
    public const int Size = 585;
    public const int NameSize = 128;
    public const int ExtraSize = 384;

    private const uint GroupMask = 0xF000_0000;

    private const int UsedAt = 4;
    private const int IdAt = 5;
    private const int GroupAt = IdAt + 4;
    private const int LinkAt = GroupAt + 4;
    private const int OffsetAt = LinkAt + 4;
    private const int SizeAt = OffsetAt + 8;
    private const int PaddedSizeAt = SizeAt + 8;
    private const int CreatedAtAt = PaddedSizeAt + 8;
    private const int ModifiedAtAt = CreatedAtAt + 8;
    private const int UidAt = ModifiedAtAt + 8;
    private const int GidAt = UidAt + 8;
    private const int NameAt = GidAt + 8;
    private const int ExtraAt = NameAt + NameSize;

    /// <summary>Its place in the table, from 0.</summary>
    public required int Index { get; init; }

    public required SifDataType DataType { get; init; }

    public required uint Id { get; init; }

    /// <summary>The group it is in, 0 for none.</summary>
    public uint GroupId { get; init; }

    /// <summary>The id of what it belongs to (a signature, to what it signs), 0 for nothing.</summary>
    public uint LinkedId { get; init; }

    /// <summary>Whether <see cref="LinkedId"/> is a group.</summary>
    public bool LinksToGroup { get; init; }

    public required long Offset { get; init; }

    public required long Length { get; init; }

    /// <summary>Its length and the bytes before it that align it.</summary>
    public long PaddedLength { get; init; }

    public long CreatedAt { get; init; }

    public long ModifiedAt { get; init; }

    public long Uid { get; init; }

    public long Gid { get; init; }

    /// <summary>Latin-1, at most 128 bytes.</summary>
    public string Name { get; init; } = "";

    /// <summary>The 384 bytes whose meaning the type decides; see <see cref="SifExtra"/>.</summary>
    public required ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>Whether the entry of the table that starts here is in use.</summary>
    public static bool IsUsed(ReadOnlySpan<byte> bytes) => bytes[UsedAt] != 0;

    /// <summary>Reads one entry; its numbers are held against the file by <see cref="SifImage"/>.</summary>
    public static SifDescriptor Parse(ReadOnlySpan<byte> bytes, int index)
    {
        if (bytes.Length < Size)
        {
            throw new InvalidDataException($"descriptor {index} ends after {bytes.Length} of {Size} bytes");
        }

        uint link = Int(bytes, LinkAt);
        return new SifDescriptor
        {
            Index = index,
            DataType = (SifDataType)Int(bytes, 0),
            Id = Int(bytes, IdAt),
            GroupId = Int(bytes, GroupAt) & ~GroupMask,
            LinkedId = link & ~GroupMask,
            LinksToGroup = (link & GroupMask) == GroupMask,
            Offset = Long(bytes, OffsetAt),
            Length = Long(bytes, SizeAt),
            PaddedLength = Long(bytes, PaddedSizeAt),
            CreatedAt = Long(bytes, CreatedAtAt),
            ModifiedAt = Long(bytes, ModifiedAtAt),
            Uid = Long(bytes, UidAt),
            Gid = Long(bytes, GidAt),
            Name = SifHeader.Text(bytes.Slice(NameAt, NameSize)),
            Extra = bytes.Slice(ExtraAt, ExtraSize).ToArray(),
        };
    }

    /// <summary>Writes the 585 bytes of an entry that is in use.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        PutInt(bytes, 0, (uint)DataType);
        bytes[UsedAt] = 1;
        PutInt(bytes, IdAt, Id);
        PutInt(bytes, GroupAt, GroupId | GroupMask);
        PutInt(bytes, LinkAt, LinksToGroup ? LinkedId | GroupMask : LinkedId);
        PutLong(bytes, OffsetAt, Offset);
        PutLong(bytes, SizeAt, Length);
        PutLong(bytes, PaddedSizeAt, PaddedLength);
        PutLong(bytes, CreatedAtAt, CreatedAt);
        PutLong(bytes, ModifiedAtAt, ModifiedAt);
        PutLong(bytes, UidAt, Uid);
        PutLong(bytes, GidAt, Gid);
        Encoding.Latin1.GetBytes(Name, bytes.Slice(NameAt, NameSize));
        Extra.Span.CopyTo(bytes.Slice(ExtraAt, ExtraSize));
    }

    private static uint Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static void PutInt(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void PutLong(Span<byte> bytes, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
