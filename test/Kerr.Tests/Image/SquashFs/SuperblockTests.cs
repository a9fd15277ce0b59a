using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Image.SquashFs;
using Xunit;

namespace Kerr.Tests.Image.SquashFs;

public class SuperblockTests
{
    [Fact]
    public void Reads_the_fields()
    {
        Superblock super = Superblock.Parse(SuperblockBytes.Good(), SuperblockBytes.Length);

        Assert.Equal((5u, 131_072, SquashFsCompression.Gzip, 1), (super.InodeCount, super.BlockSize, super.Compression, super.IdCount));
        Assert.Equal((1000L, 900L, 200L, 300L), (super.BytesUsed, super.IdTable, super.InodeTable, super.DirectoryTable));
        Assert.Equal((Superblock.NoTable, Superblock.NoTable, Superblock.NoTable), (super.XattrTable, super.FragmentTable, super.ExportTable));
    }

    [Theory]
    [InlineData(40, 4097)]              // uses more than there is
    [InlineData(40, 95)]
    [InlineData(40, -1)]
    [InlineData(48, 1000)]              // ids behind the end
    [InlineData(48, 299)]               // ids before the directories
    [InlineData(48, -1)]
    [InlineData(64, 95)]                // inodes in the superblock
    [InlineData(64, 300)]               // no inodes
    [InlineData(64, long.MaxValue)]
    [InlineData(72, long.MinValue)]
    [InlineData(56, 100)]               // xattrs before the ids
    [InlineData(80, 299)]               // fragments in the directories
    [InlineData(88, 901)]               // export table behind the ids
    public void Rejects_tables_that_are_out_of_order(int field, long value)
    {
        byte[] bytes = SuperblockBytes.Good();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(field), value);

        Assert.Throws<InvalidDataException>(() => Superblock.Parse(bytes, bytes.Length));
    }

    [Theory]
    [InlineData(12, 0)]
    [InlineData(12, 131_071)]
    [InlineData(12, 65_536)]            // not what the logarithm says
    [InlineData(12, -1)]
    public void Rejects_a_block_size_that_is_no_power_of_two_in_range(int field, int value)
    {
        byte[] bytes = SuperblockBytes.Good();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(field), value);

        Assert.Throws<InvalidDataException>(() => Superblock.Parse(bytes, bytes.Length));
    }

    [Theory]
    [InlineData(11, 2048)]
    [InlineData(21, 2_097_152)]
    [InlineData(32, 1)]                 // 1 << 32 is 1
    [InlineData(44, 4096)]              // 1 << 44 is 4096
    public void Rejects_a_logarithm_out_of_range(byte log, int size)
    {
        byte[] bytes = SuperblockBytes.Good();
        bytes[22] = log;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), size);

        Assert.Throws<InvalidDataException>(() => Superblock.Parse(bytes, bytes.Length));
    }

    [Theory]
    [InlineData(26, 0, "no ids")]
    [InlineData(28, 3, "version")]
    [InlineData(30, 1, "version")]
    [InlineData(0, 0, "magic")]
    public void Says_what_is_wrong(int at, byte value, string said)
    {
        byte[] bytes = SuperblockBytes.Good();
        bytes[at] = value;

        var error = Assert.Throws<InvalidDataException>(() => Superblock.Parse(bytes, bytes.Length));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_every_truncation()
    {
        for (int length = 0; length < Superblock.Size; length++)
        {
            Assert.Throws<InvalidDataException>(() => Superblock.Parse(SuperblockBytes.Good().AsSpan(0, length), length));
        }
    }
}
