using System;
using System.Buffers.Binary;

namespace Kerr.Tests.Image.SquashFs;

/// <summary>A superblock whose numbers agree with each other.</summary>
internal static class SuperblockBytes
{
    internal const int Length = 4096;

    internal static byte[] Good()
    {
        var bytes = new byte[Length];
        "hsqs"u8.CopyTo(bytes);
        Put(4, 5);              // inodes
        Put(12, 131_072);       // block size
        bytes[20] = 1;          // gzip
        bytes[22] = 17;         // log of the block size
        bytes[26] = 1;          // ids
        bytes[28] = 4;          // version
        Put(40, 1000);          // bytes used
        Put(48, 900);           // ids
        Put(56, -1);            // xattrs
        Put(64, 200);           // inodes
        Put(72, 300);           // directories
        Put(80, -1);            // fragments
        Put(88, -1);            // export
        return bytes;

        void Put(int at, long value)
        {
            if (at is 4 or 12)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), (int)value);
            }
            else
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), value);
            }
        }
    }
}
