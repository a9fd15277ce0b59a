using System;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Image.Sif;

public sealed class SifWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SafeFileHandle _file;

    public SifWriterTests()
        => _file = FileCalls.Open(_directory.File("x.sif"), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x1B4);

    public void Dispose()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    // The facts of an image that the peers make, with 48 descriptors, no id and no time.
    [Fact]
    public void An_empty_image_is_a_header_and_a_table()
    {
        SifWriter.Create(_file, Guid.Empty, SifHeader.NoTime, launchScript: "");
        byte[] bytes = Bytes();

        Assert.Equal(32_176, bytes.Length);
        Assert.Equal(
            "5349465F4D4147494300" + "303100" + "303000" + new string('0', 32) + "00096E88F1FFFFFF" + "00096E88F1FFFFFF"
            + "3000000000000000" + "3000000000000000" + "0010000000000000" + "B06D000000000000" + "B07D000000000000"
            + "0000000000000000",
            Convert.ToHexString(bytes.AsSpan(32, 96)));
        Assert.True(bytes.AsSpan(128).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void Objects_follow_each_other_and_partitions_start_at_a_page()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1000);
        writer.Add(SifObject.Of(SifDataType.DefinitionFile, "abc"u8.ToArray()), 1000);
        writer.Add(SifObject.Of(SifDataType.GenericJson, "{}"u8.ToArray(), "a.json"), 1000);
        writer.Add(Partition("squash", SifPartitionType.PrimarySystem, "arm64"), 2000);
        SifImage image = Read();

        Assert.Equal([(1u, 32_176L, 3L, 3L), (2u, 32_179, 2, 2), (3u, 32_768, 6, 593)],
            image.Descriptors.Select(d => (d.Id, d.Offset, d.Length, d.PaddedLength)));
        Assert.All(image.Descriptors, d => Assert.Equal((1u, 0u, 0L, 0L), (d.GroupId, d.LinkedId, d.Uid, d.Gid)));
        Assert.Equal("a.json", image.Descriptors[1].Name);
        Assert.Equal(("arm64", 45L, 48L, 598L), (image.Header.Architecture, image.Header.DescriptorsFree, image.Header.DescriptorsTotal, image.Header.DataSize));
        Assert.Equal((1000, 2000), (image.Header.CreatedAt, image.Header.ModifiedAt));
        Assert.Equal("squash", Encoding.ASCII.GetString(Bytes(), 32_768, 6));
    }

    [Fact]
    public void A_group_is_written_with_its_mark_and_a_link_tells_what_it_is_to()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.Empty, 0);
        writer.Add(SifObject.Of(SifDataType.Generic, [1]) with { LinkedId = 5 }, 0);
        writer.Add(SifObject.Of(SifDataType.Signature, [1]) with { GroupId = 0, LinkedId = 1, LinksToGroup = true }, 0);
        byte[] bytes = Bytes();

        Assert.Equal("01" + "01000000" + "010000F0" + "05000000", Convert.ToHexString(bytes.AsSpan(4096 + 4, 13)));
        Assert.Equal("01" + "02000000" + "000000F0" + "010000F0", Convert.ToHexString(bytes.AsSpan(4096 + 585 + 4, 13)));
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes()
    {
        byte[] first = Make();
        FileCalls.SetLength(_file, 0);

        Assert.Equal(first, Make());

        byte[] Make()
        {
            SifWriter writer = SifWriter.Create(_file, Guid.Empty, SifHeader.NoTime);
            writer.Add(Partition("x", SifPartitionType.PrimarySystem, "amd64"), DateTimeOffset.UtcNow.Ticks);
            writer.Add(SifObject.Of(SifDataType.Generic, [1, 2, 3]), DateTimeOffset.UtcNow.Ticks);
            writer.Delete(2, zero: false, compact: true, DateTimeOffset.UtcNow.Ticks);
            return Bytes();
        }
    }

    [Theory]
    [InlineData(false, false, 32_182, "def")]
    [InlineData(true, false, 32_182, "\0\0\0")]
    [InlineData(false, true, 32_179, null)]
    public void Deleting_the_last_object_zeroes_or_cuts_it(bool zero, bool compact, int length, string? left)
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        writer.Add(SifObject.Of(SifDataType.Generic, "abc"u8.ToArray()), 1);
        writer.Add(SifObject.Of(SifDataType.Generic, "def"u8.ToArray()), 1);
        writer.Delete(2, zero, compact, 9);
        byte[] bytes = Bytes();

        Assert.Equal(length, bytes.Length);
        Assert.Equal("abc" + left, Encoding.ASCII.GetString(bytes.AsSpan(32_176)));
        SifImage image = Read();
        Assert.Equal(1u, Assert.Single(image.Descriptors).Id);
        Assert.Equal((47L, 9L), (image.Header.DescriptorsFree, image.Header.ModifiedAt));
    }

    [Fact]
    public void Deleting_in_the_middle_moves_nothing_and_frees_the_id()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        for (int i = 0; i < 3; i++)
        {
            writer.Add(SifObject.Of(SifDataType.Generic, [1, 2, 3]), 1);
        }

        writer.Delete(2, zero: true, compact: true, 1);
        Assert.Equal(32_185, Bytes().Length);
        Assert.Equal(2u, writer.Add(SifObject.Of(SifDataType.Generic, [9]), 1));
        Assert.Equal((2u, 32_185L), (Read().Descriptors[1].Id, Read().Descriptors[1].Offset));
    }

    [Fact]
    public void The_architecture_is_that_of_the_primary_partition()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        writer.Add(Partition("a", SifPartitionType.PrimarySystem, "amd64"), 1);
        writer.Add(Partition("b", SifPartitionType.System, "arm64"), 1);
        writer.SetPrimary(2, 7);

        SifImage image = Read();
        Assert.Equal("arm64", image.Header.Architecture);
        Assert.Equal(2u, image.PrimaryPartition!.Id);
        Assert.Equal(SifPartitionType.System, SifExtra.Partition(image.Descriptors[0]).Type);
        Assert.Equal((7L, 7L, 1L), (image.Descriptors[0].ModifiedAt, image.Descriptors[1].ModifiedAt, image.Descriptors[1].CreatedAt));

        SifWriter.Open(_file).Delete(2, zero: false, compact: false, 8);
        Assert.Null(Read().Header.Architecture);
    }

    [Fact]
    public void Only_a_system_partition_becomes_the_primary_one()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        writer.Add(Partition("a", SifPartitionType.Data, "amd64"), 1);
        writer.Add(SifObject.Of(SifDataType.Generic, []), 1);

        Assert.Throws<InvalidDataException>(() => writer.SetPrimary(1, 1));
        Assert.Throws<InvalidDataException>(() => writer.SetPrimary(2, 1));
        Assert.Throws<InvalidDataException>(() => writer.SetPrimary(3, 1));
    }

    [Fact]
    public void A_second_primary_partition_is_refused()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        writer.Add(Partition("a", SifPartitionType.PrimarySystem, "amd64"), 1);

        Assert.Throws<InvalidDataException>(() => writer.Add(Partition("b", SifPartitionType.PrimarySystem, "amd64"), 1));
        Assert.Single(Read().Descriptors);
    }

    [Fact]
    public void A_full_table_takes_no_more()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1, capacity: 1);
        writer.Add(SifObject.Of(SifDataType.Generic, [1]), 1);

        Assert.Throws<InvalidDataException>(() => writer.Add(SifObject.Of(SifDataType.Generic, [1]), 1));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(100)]
    public void A_launch_script_that_does_not_fit_is_refused(int length)
        => Assert.Throws<ArgumentException>(() => SifWriter.Create(_file, Guid.Empty, 0, new string('x', length)));

    [Fact]
    public void A_name_of_128_bytes_fits_and_a_longer_one_is_refused()
    {
        SifWriter writer = SifWriter.Create(_file, Guid.NewGuid(), 1);
        string longest = new('\u00e9', SifDescriptor.NameSize);
        writer.Add(SifObject.Of(SifDataType.Generic, [1], longest), 1);

        Assert.Equal(longest, Read().Descriptors[0].Name);
        Assert.Throws<ArgumentException>(() => writer.Add(SifObject.Of(SifDataType.Generic, [1], longest + "x"), 1));
    }

    private static SifObject Partition(string content, SifPartitionType type, string architecture)
        => SifObject.Partition(
            new SifPartition(PartitionFileSystem.SquashFs, type, architecture), new MemoryStream(Encoding.ASCII.GetBytes(content)));

    private byte[] Bytes() => File.ReadAllBytes(_directory.File("x.sif"));

    private SifImage Read() => SifImage.Read(new FileRange(_file));
}
