using System;
using System.Buffers.Binary;

namespace Kerr.Linux.Files;

/// <summary>What kind of thing a directory entry names: the top bits of <c>st_mode</c>, <c>inode(7)</c>.</summary>
public enum FileKind
{
    Unknown = 0,
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}

/// <summary>What <c>statx(2)</c> tells about a file; times in seconds since 1970, <see cref="Permissions"/> with set-id bits.</summary>
public readonly record struct FileStatus(
    FileKind Kind, int Permissions, uint Uid, uint Gid, long Size, long ModifiedAt,
    ulong Inode, uint DeviceMajor, uint DeviceMinor, uint Links)
{
    // struct statx, the same on every architecture.
    internal const int StatxSize = 256;
    private const int LinksAt = 16;
    private const int UidAt = 20;
    private const int GidAt = 24;
    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int SizeAt = 40;
    private const int AtimeAt = 64;
    private const int CtimeAt = 96;
    private const int MtimeAt = 112;
    private const int DeviceMajorAt = 136;
    private const int DeviceMinorAt = 140;

    public FileIdentity Identity => new(DeviceMajor, DeviceMinor, Inode);

    public bool IsDirectory => Kind == FileKind.Directory;

    public bool IsRegular => Kind == FileKind.Regular;

    /// <summary>When it was last read, as far as the file system keeps that, or used, where <see cref="FileCalls.MarkUsed"/> says so.</summary>
    public long AccessedAt { get; init; }

    /// <summary>When content or attributes were last changed, nanoseconds since 1970: no program can set it back, as it can <see cref="ModifiedAt"/>.</summary>
    public long ChangedAt { get; init; }

    internal static FileStatus Parse(ReadOnlySpan<byte> statx)
    {
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(statx[ModeAt..]);
        return new FileStatus(
            (FileKind)(mode & 0xF000),
            mode & 0xFFF,
            BinaryPrimitives.ReadUInt32LittleEndian(statx[UidAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(statx[GidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(statx[SizeAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(statx[MtimeAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(statx[InodeAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(statx[DeviceMajorAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(statx[DeviceMinorAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(statx[LinksAt..]))
        {
            AccessedAt = BinaryPrimitives.ReadInt64LittleEndian(statx[AtimeAt..]),
            ChangedAt = unchecked((BinaryPrimitives.ReadInt64LittleEndian(statx[CtimeAt..]) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(statx[(CtimeAt + 8)..])),
        };
    }
}
