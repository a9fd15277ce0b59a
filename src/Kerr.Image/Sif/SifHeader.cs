using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Kerr.Image.Sif;

/// <summary>The global header: the first 128 bytes of every SIF file, little-endian, without padding.</summary>
/// <remarks>
/// <code>
/// 0                32         42      45     48    64      72      80    88     96      104    112     120    128
/// | launch script  | SIF_MAGIC | version | arch | id  | created | modified | free | total | table | table | data | data |
/// | NUL padded     | NUL       | "01"    | "02" |     | unix s  | unix s   |descriptors   | at    | size  | at   | size |
/// </code>
/// A whole file, as it is created here:
/// <code>
/// 0      128      4096                 32176                    4096-aligned
/// | header | zeros  | 48 descriptors of 585 | objects, unaligned ... | partition ... | objects ...
/// </code>
/// </remarks>
public readonly record struct SifHeader(
    string LaunchScript, string? Architecture, Guid Id, long CreatedAt, long ModifiedAt,
    long DescriptorsFree, long DescriptorsTotal, long DescriptorsOffset, long DescriptorsSize,
    long DataOffset, long DataSize)
{
    public const int Size = 128;

    /// <summary>The time that stands for none, the zero of Go's clock: 0001-01-01.</summary>
    public const long NoTime = -62_135_596_800;

    public const int LaunchScriptSize = 32;
    internal const int MagicAt = LaunchScriptSize;
    private const int VersionAt = MagicAt + 10;
    private const int ArchitectureAt = VersionAt + 3;
    private const int IdAt = ArchitectureAt + 3;
    private const int CreatedAtAt = IdAt + 16;
    private const int ModifiedAtAt = CreatedAtAt + 8;
    private const int FreeAt = ModifiedAtAt + 8;
    private const int TotalAt = FreeAt + 8;
    private const int TableOffsetAt = TotalAt + 8;
    private const int TableSizeAt = TableOffsetAt + 8;
    private const int DataOffsetAt = TableSizeAt + 8;
    private const int DataSizeAt = DataOffsetAt + 8;

    /// <summary>More objects than any image has; the table that they make, 9 MiB, can still be read.</summary>
    private const long MostDescriptors = 16_384;

    /// <summary>The largest pages that images were made on.</summary>
    private const long LargestAlignment = 65_536;

    private static ReadOnlySpan<byte> Magic => "SIF_MAGIC\0"u8;

    private static ReadOnlySpan<byte> Version => "01\0"u8;

    /// <summary>Whether these first bytes of a file are those of a SIF file.</summary>
    public static bool IsSif(ReadOnlySpan<byte> start) => start.Length > MagicAt && start[MagicAt..].StartsWith(Magic);

    /// <summary>Reads a header, holding all its numbers against the length of the file.</summary>
    public static SifHeader Parse(ReadOnlySpan<byte> bytes, long fileLength)
    {
        if (bytes.Length < MagicAt + Magic.Length || !IsSif(bytes))
        {
            throw new InvalidDataException("not a SIF image: the magic number is missing");
        }

        if (bytes.Length < Size)
        {
            throw new InvalidDataException($"the SIF header ends after {bytes.Length} of {Size} bytes");
        }

        if (!bytes[VersionAt..].StartsWith(Version))
        {
            throw new InvalidDataException($"the SIF version is \"{Text(bytes[VersionAt..ArchitectureAt])}\", not 01");
        }

        var header = new SifHeader(
            Text(bytes[..LaunchScriptSize]),
            SifArchitecture.Name(bytes[ArchitectureAt..IdAt]),
            new Guid(bytes[IdAt..CreatedAtAt], bigEndian: true),
            Long(bytes, CreatedAtAt),
            Long(bytes, ModifiedAtAt),
            Long(bytes, FreeAt),
            Long(bytes, TotalAt),
            Long(bytes, TableOffsetAt),
            Long(bytes, TableSizeAt),
            Long(bytes, DataOffsetAt),
            Long(bytes, DataSizeAt));
        header.Distrust(fileLength);
        return header;
    }

    /// <summary>Writes the 128 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        Encoding.Latin1.GetBytes(LaunchScript, bytes[..LaunchScriptSize]);
        Magic.CopyTo(bytes[MagicAt..]);
        Version.CopyTo(bytes[VersionAt..]);
        SifArchitecture.Code(Architecture).CopyTo(bytes[ArchitectureAt..]);
        Id.TryWriteBytes(bytes[IdAt..], bigEndian: true, out _);
        Put(bytes, CreatedAtAt, CreatedAt);
        Put(bytes, ModifiedAtAt, ModifiedAt);
        Put(bytes, FreeAt, DescriptorsFree);
        Put(bytes, TotalAt, DescriptorsTotal);
        Put(bytes, TableOffsetAt, DescriptorsOffset);
        Put(bytes, TableSizeAt, DescriptorsSize);
        Put(bytes, DataOffsetAt, DataOffset);
        Put(bytes, DataSizeAt, DataSize);
    }

    /// <summary>The text in a field that is padded with zeros; Latin-1.</summary>
    internal static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private void Distrust(long fileLength)
    {
        // The numbers came from the file: hold them against its length before anyone allocates by them. A negative
        // one becomes a huge unsigned one and fails the same test.
        if (DescriptorsOffset < Size || DescriptorsOffset > fileLength)
        {
            throw new InvalidDataException($"the descriptor table, at {DescriptorsOffset}, is not in the file of {fileLength} bytes");
        }

        if ((ulong)DescriptorsTotal > (ulong)(fileLength - DescriptorsOffset) / SifDescriptor.Size)
        {
            throw new InvalidDataException(
                $"{DescriptorsTotal} descriptors at {DescriptorsOffset} do not fit in the file of {fileLength} bytes");
        }

        if (DescriptorsTotal > MostDescriptors)
        {
            throw new InvalidDataException($"{DescriptorsTotal} descriptors are more than the {MostDescriptors} that an image can have");
        }

        if (DescriptorsSize < DescriptorsTotal * SifDescriptor.Size || DescriptorsSize > fileLength - DescriptorsOffset)
        {
            throw new InvalidDataException($"{DescriptorsTotal} descriptors cannot take {DescriptorsSize} bytes at {DescriptorsOffset}");
        }

        // An empty image may end before the boundary at which its first object will be.
        if (DataOffset < DescriptorsOffset + DescriptorsSize || DataOffset > fileLength + LargestAlignment)
        {
            throw new InvalidDataException($"the data section, at {DataOffset}, is not between the descriptors and the end at {fileLength}");
        }

        if (DataSize < 0)
        {
            throw new InvalidDataException($"the data section has {DataSize} bytes");
        }

        if ((ulong)DescriptorsFree > (ulong)DescriptorsTotal)
        {
            throw new InvalidDataException($"{DescriptorsFree} of {DescriptorsTotal} descriptors cannot be free");
        }
    }

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
