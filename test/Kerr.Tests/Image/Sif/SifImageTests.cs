using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kerr.Image;
using Kerr.Image.Sif;
using Xunit;

namespace Kerr.Tests.Image.Sif;

public class SifImageTests
{
    [Fact]
    public void Lists_the_objects_in_use()
    {
        SifImage image = Read(new SifBytes().With(1, 32_176, 10).With(2, 32_768, 100, primary: true));

        Assert.Equal([1u, 2u], image.Descriptors.Select(d => d.Id));
        Assert.Equal(2u, image.PrimaryPartition!.Id);
        Assert.Equal("amd64", SifExtra.Partition(image.PrimaryPartition).Architecture);
    }

    [Theory]
    [InlineData(32_175, 1)]                        // before the data
    [InlineData(39_999, 2)]                        // one byte beyond the end
    [InlineData(40_001, 0)]
    [InlineData(-1, 1)]
    [InlineData(32_176, -1)]
    [InlineData(1L << 62, 1L << 62)]               // their sum is negative
    [InlineData(long.MaxValue, long.MaxValue)]
    public void Rejects_an_object_outside_the_data(long offset, long length)
        => Assert.Throws<InvalidDataException>(() => Read(new SifBytes().With(1, offset, length)));

    [Theory]
    [InlineData(32_176, 10, 32_185, 1)]
    [InlineData(33_000, 10, 32_176, 825)]
    [InlineData(33_000, 10, 33_000, 10)]
    public void Rejects_objects_that_overlap(long first, long firstLength, long second, long secondLength)
        => Assert.Throws<InvalidDataException>(
            () => Read(new SifBytes().With(1, first, firstLength).With(2, second, secondLength)));

    [Fact]
    public void Lets_empty_objects_share_their_place() => Read(new SifBytes().With(1, 33_000, 10).With(2, 33_005, 0).With(3, 33_005, 0));

    [Fact]
    public void Rejects_two_objects_with_one_id()
        => Assert.Throws<InvalidDataException>(() => Read(new SifBytes().With(7, 33_000, 1).With(7, 34_000, 1)));

    [Fact]
    public void Rejects_the_id_0() => Assert.Throws<InvalidDataException>(() => Read(new SifBytes().With(0, 33_000, 1)));

    [Theory]
    [InlineData(2, 3, 1)]    // in a ring
    [InlineData(1, 0, 0)]    // to itself
    [InlineData(2, 3, 3)]    // along a tail to one that links to itself
    public void Rejects_links_that_lead_back(uint first, uint second, uint third)
        => Assert.Throws<InvalidDataException>(() => Read(
            new SifBytes().With(1, 33_000, 1, first).With(2, 33_001, 1, second).With(3, 33_002, 1, third)));

    [Fact]
    public void Accepts_links_that_meet_and_links_to_what_was_deleted()
        => Read(new SifBytes().With(1, 33_000, 1).With(2, 33_001, 1, link: 1).With(3, 33_002, 1, link: 1).With(4, 33_003, 1, link: 99));

    [Fact]
    public void Rejects_two_primary_partitions()
        => Assert.Throws<InvalidDataException>(
            () => Read(new SifBytes().With(1, 33_000, 1, primary: true).With(2, 34_000, 1, primary: true)));

    [Fact]
    public void Rejects_every_truncation_quickly()
    {
        byte[] bytes = new SifBytes().With(1, 32_176, 100).With(2, 36_864, 3136, primary: true).Bytes;
        var clock = Stopwatch.StartNew();
        for (int length = 0; length < bytes.Length; length++)
        {
            var cut = new MemoryRange(bytes.AsMemory(0, length));
            Assert.Throws<InvalidDataException>(() => SifImage.Read(cut));
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    [Fact]
    public void Reads_the_largest_table_in_little_time()
    {
        const int Count = 16_384;
        var sif = new SifBytes(4096 + (Count * SifDescriptor.Size) + Count, Count);
        for (uint i = 0; i < Count; i++)
        {
            sif.With(i + 1, 4096 + (Count * SifDescriptor.Size) + i, 1, link: i);   // one chain of all
        }

        var clock = Stopwatch.StartNew();
        Assert.Equal(Count, Read(sif).Descriptors.Count);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
    }

    [Fact]
    public void Gives_an_object_only_within_the_limit()
    {
        SifBytes sif = new SifBytes().With(1, 33_000, 3);
        "abc"u8.CopyTo(sif.Bytes.AsSpan(33_000));
        var source = new MemoryRange(sif.Bytes);
        SifDescriptor descriptor = Read(sif).Descriptors[0];
        var copy = new MemoryStream();
        SifImage.CopyObject(source, descriptor, copy);

        Assert.Equal("abc"u8.ToArray(), SifImage.ReadObject(source, descriptor, 3));
        Assert.Equal("abc"u8.ToArray(), copy.ToArray());
        Assert.Throws<InvalidDataException>(() => SifImage.ReadObject(source, descriptor, 2));
    }

    private static SifImage Read(SifBytes sif) => SifImage.Read(new MemoryRange(sif.Bytes));
}
