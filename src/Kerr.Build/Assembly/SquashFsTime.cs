using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Assembly;

/// <summary>The two times in a squashfs image that mksquashfs takes from the clock: of the image, and of the root of a tar stream.</summary>
/// <remarks>
/// <code>
/// superblock        magic 0+4  inodes 4+4  time 8+4 … root inode 32+8 (block &lt;&lt; 16 | offset) … inode table 64+8
/// metadata block    length and flag 0x8000 (not compressed) 0+2, data
/// inode             type 0+2  mode 2+2  uid 4+2  gid 6+2  time 8+4
/// </code>
/// Its own options for them do not reach the root of a tar stream before 4.6, and must not stand beside options that a site may add;
/// SOURCE_DATE_EPOCH changes the times of files, too. So the inode table is written uncompressed (-noI) and the times set afterwards.
/// </remarks>
internal static class SquashFsTime
{
    private const int TimeAt = 8, RootAt = 32, TableAt = 64, InodeTimeAt = 8, BlockSize = 8192;
    private const ushort NotCompressed = 0x8000;

    internal static void Set(SafeFileHandle file, long superblock, long imageTime, long rootTime)
    {
        Span<byte> field = stackalloc byte[8];
        Write(file, superblock + TimeAt, imageTime);
        ulong root = Read(file, superblock + RootAt, field);
        long block = superblock + (long)Read(file, superblock + TableAt, field) + (long)(root >> 16);
        int offset = (int)(root & 0xFFFF) + InodeTimeAt;
        uint time = (uint)Math.Clamp(rootTime, 0, uint.MaxValue);
        for (int i = 0; i < 4; i++, offset++)
        {
            // An inode may go on in the next block, at any of its bytes.
            if (offset >= BlockSize)
            {
                block += 2 + BlockSize;
                offset -= BlockSize;
            }

            if (((ushort)Read(file, block, field) & NotCompressed) == 0)
            {
                return;     // an option of the user's has it compressed: the root keeps its time
            }

            FileCalls.Write(file, block + 2 + offset, [(byte)(time >> (8 * i))]);
        }
    }

    private static ulong Read(SafeFileHandle file, long at, Span<byte> field)
        => FileCalls.Read(file, at, field) == field.Length ? BinaryPrimitives.ReadUInt64LittleEndian(field) : throw new InvalidDataException("the squashfs image ends early");

    private static void Write(SafeFileHandle file, long at, long time)
    {
        Span<byte> field = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(field, (uint)Math.Clamp(time, 0, uint.MaxValue));
        FileCalls.Write(file, at, field);
    }
}
