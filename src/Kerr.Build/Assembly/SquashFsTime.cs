using System;
using System.Buffers.Binary;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Assembly;

/// <summary>The time in the superblock of a squashfs image, which mksquashfs takes from the clock.</summary>
/// <remarks>
/// Its option for it must not stand beside options that a site may add, and SOURCE_DATE_EPOCH would change the times of files, too. The
/// field is not covered by any checksum.
/// </remarks>
internal static class SquashFsTime
{
    private const int TimeAt = 8;   // magic 4, inodes 4, then this: 32 bits, little-endian

    internal static void Set(SafeFileHandle file, long superblock, long time)
    {
        Span<byte> field = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(field, (uint)Math.Clamp(time, 0, uint.MaxValue));
        FileCalls.Write(file, superblock + TimeAt, field);
    }
}
