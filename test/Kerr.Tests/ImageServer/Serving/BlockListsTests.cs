using System;
using System.IO;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.Image.SquashFs.Codecs;
using Kerr.ImageServer.Serving;
using Kerr.Linux.Processes;
using Xunit;

namespace Kerr.Tests.ImageServer.Serving;

/// <summary>A file of 10,000 blocks.</summary>
public sealed class BlockListsTests : IDisposable
{
    private const int Blocks = 10_000;

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Blocks_are_found_in_any_order_where_reading_from_the_start_finds_them()
    {
        SquashFsImage image = Image();
        using var tree = new SquashFsTree(image);
        Assert.True(tree.TryFind("/big", follow: false, out SquashFsInode inode));
        var starts = new long[Blocks];
        var all = new BlockCursor(inode.Rest, inode.Start);
        for (int i = 0; i < Blocks; i++)
        {
            starts[i] = all.Start;
            all.Next(image);
        }

        var lists = new BlockLists(image);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            int block = random.Next(Blocks);
            Assert.Equal(starts[block], lists.Find(2, inode, block).Start);
        }
    }

    [Fact]
    public void A_block_at_the_end_costs_little_once_the_file_is_known()
    {
        var source = new FaultySource(File.ReadAllBytes(Path()));
        var image = new SquashFsImage(source, BlockCodec.For, metadataBlocks: 4);   // too few to hold the list
        using var tree = new SquashFsTree(image);
        Assert.True(tree.TryFind("/big", follow: false, out SquashFsInode inode));
        var lists = new BlockLists(image);
        lists.Find(2, inode, Blocks - 1);
        image.ReadRoot();

        int before = source.Reads;
        lists.Find(2, inode, Blocks - 1);

        Assert.InRange(source.Reads - before, 0, 4);    // a metadata block or two, each a header and its bytes
    }

    [Fact]
    public void Many_files_take_turns()
    {
        SquashFsImage image = Image();
        using var tree = new SquashFsTree(image);
        Assert.True(tree.TryFind("/big", follow: false, out SquashFsInode inode));
        var lists = new BlockLists(image);
        long expected = lists.Find(2, inode, 5000).Start;
        for (ulong node = 3; node < 103; node++)
        {
            Assert.Equal(expected, lists.Find(node, inode, 5000).Start);
        }

        Assert.Equal(expected, lists.Find(2, inode, 5000).Start);
    }

    public void Dispose() => _directory.Dispose();

    private SquashFsImage Image() => new(new MemoryRange(File.ReadAllBytes(Path())));

    private string Path()
    {
        Need.Program("mksquashfs");
        var bytes = new byte[Blocks * 4096];
        var random = new Random(2);
        for (int i = 0; i < Blocks; i++)
        {
            random.NextBytes(bytes.AsSpan(i * 4096, random.Next(16, 200)));     // each block of another size
        }

        _directory.Write("in/big", bytes);
        string image = _directory.File("big.sqfs");
        ChildResult made = ChildProcess.Run(
            ChildProcess.Find("mksquashfs", null)!, [_directory.File("in"), image, "-b", "4096", "-comp", "lz4", "-noI", "-quiet", "-no-progress"], []);
        Assert.True(made.Succeeded, made.Output);
        return image;
    }
}
