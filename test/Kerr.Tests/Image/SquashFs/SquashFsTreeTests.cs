using System;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.Tests.Image.SquashFs;

public sealed class SquashFsTreeTests(SquashFsSource source) : IClassFixture<SquashFsSource>
{
    public static TheoryData<string> Options =>
    [
        "-comp gzip", "-comp xz", "-comp lz4", "-comp zstd", "-comp lzo", "-comp lzma",
        "-comp gzip -b 4096", "-comp xz -b 4096", "-comp lz4 -b 4096", "-comp zstd -b 4096",
        "-comp gzip -b 1M", "-comp xz -b 1M", "-comp lz4 -b 1M", "-comp zstd -b 1M",
        "-comp lz4 -Xhc", "-comp xz -Xbcj x86", "-no-fragments", "-always-use-fragments", "-no-exports -no-xattrs", "-noI -noD -noF -noX",
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void Shows_the_directory_that_it_was_made_of(string options)
    {
        using SquashFsTree tree = source.Open(options.Split(' '));
        using var directory = new Kerr.Image.Sandbox.SandboxTree(FileCalls.Open(source.Path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));

        Compare(directory, tree, "");
    }

    [Fact]
    public void Knows_devices_pipes_owners_and_permissions()
    {
        using SquashFsTree tree = source.Open();

        Assert.Equal((FileKind.CharacterDevice, 1u, 3u, 0x1B6), Device("/null"));
        Assert.Equal((FileKind.BlockDevice, 259u, 70_000u, 0x1A0), Device("/disk"));
        Assert.True(tree.TryStat("/pipe", out ImageEntry pipe));
        Assert.Equal(new ImageEntry(FileKind.Fifo, 0x180, 5, 7, 0, 1000), pipe);
        Assert.True(tree.TryStat("/owned", out ImageEntry owned));
        Assert.Equal((FileKind.Directory, 0x5E9, 1_234_567u, 7_654_321u, 1000L), (owned.Kind, owned.Permissions, owned.Uid, owned.Gid, owned.ModifiedAt));

        (FileKind, uint, uint, int) Device(string path)
        {
            Assert.True(tree.TryFind(path, follow: false, out SquashFsInode inode));
            return (inode.Kind, inode.DeviceMajor, inode.DeviceMinor, inode.Permissions);
        }
    }

    [Fact]
    public void Hard_links_are_one_inode_and_it_is_found_by_its_number()
    {
        var image = new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image())));
        using var tree = new SquashFsTree(image);
        Assert.True(tree.TryFind("/hard", follow: false, out SquashFsInode hard));
        Assert.True(tree.TryFind("/blocks", follow: false, out SquashFsInode blocks));

        Assert.Equal((blocks, 2u), (hard, hard.Links));
        Assert.True(image.HasExportTable);
        Assert.Equal(hard, image.ReadInodeByNumber(hard.Number));
        Assert.Throws<InvalidDataException>(() => image.ReadInodeByNumber(0));
        Assert.Throws<InvalidDataException>(() => image.ReadInodeByNumber(image.Superblock.InodeCount + 1));
        Assert.False(new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image("-no-exports")))).HasExportTable);
    }

    [Fact]
    public void A_large_directory_is_searched_through_its_index()
    {
        using SquashFsTree tree = source.Open();
        Assert.True(tree.TryFind("/many", follow: false, out SquashFsInode many));
        Assert.True(many.IndexCount > 1, "the directory is too small to have an index");

        for (int i = 0; i < SquashFsSource.ManyFiles; i++)
        {
            Assert.Equal($"{i}", Encoding.ASCII.GetString(tree.ReadFile($"/many/a-name-that-makes-the-listing-long-{i:d4}", 10)!));
        }

        Assert.False(tree.TryStat("/many/a", out _));
        Assert.False(tree.TryStat("/many/a-name-that-makes-the-listing-long-0350x", out _));
        Assert.False(tree.TryStat("/many/z", out _));
    }

    [Theory]
    [InlineData("-comp gzip")]
    [InlineData("-comp zstd -b 4096")]
    public void Reads_any_part_of_a_file_in_any_order(string options)
    {
        var image = new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image(options.Split(' ')))));
        using var tree = new SquashFsTree(image);
        foreach (string name in (string[])["blocks", "sparse", "text", "block", "small", "empty"])
        {
            byte[] whole = File.ReadAllBytes(Path.Combine(source.Path, name));
            Assert.True(tree.TryFind(name, follow: false, out SquashFsInode inode));
            var file = new SquashFsFile(image, inode, new BlockBuffer(image), new BlockBuffer(image));
            var random = new Random(2);
            for (int i = 0; i < 200; i++)
            {
                int offset = random.Next(whole.Length + 10);
                var part = new byte[random.Next(1, 300_000)];
                int count = file.Read(offset, part);

                Assert.Equal(Math.Max(0, Math.Min(part.Length, whole.Length - offset)), count);
                Assert.True(part.AsSpan(0, count).SequenceEqual(whole.AsSpan(Math.Min(offset, whole.Length), count)), $"{name} at {offset}");
            }
        }
    }

    [Fact]
    public void Reads_steadily_without_allocating()
    {
        var image = new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image("-comp", "zstd"))));
        using var tree = new SquashFsTree(image);
        Assert.True(tree.TryFind("/text", follow: false, out SquashFsInode inode));
        var file = new SquashFsFile(image, inode, new BlockBuffer(image), new BlockBuffer(image));
        var part = new byte[10_000];
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Round()
        {
            for (int offset = 0; offset < inode.Size; offset += part.Length)
            {
                file.Read(offset, part);
            }
        }
    }

    [Theory]
    [InlineData(96, 0xFFFF_FFFF)]           // negative as an int
    [InlineData(96, 131_073)]               // more than a block
    [InlineData(96, 0)]
    [InlineData(95, 10)]                    // in the superblock
    [InlineData(-1, 10)]
    [InlineData(1L << 62, 0x0100_0001)]
    public void Refuses_a_block_that_is_not_in_the_data(long block, uint word)
    {
        var image = new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image())));
        var buffer = new BlockBuffer(image);

        Assert.Throws<InvalidDataException>(() => { buffer.Read(block, word, 1); });
        Assert.Throws<InvalidDataException>(() => buffer.ReadWhole(block, word, new byte[131_072]));
    }

    [Fact]
    public void Gives_a_whole_file_only_within_the_limit_and_its_start_always()
    {
        using SquashFsTree tree = source.Open();

        Assert.Equal("small file\n"u8.ToArray(), tree.ReadFile("/climb", 11));
        Assert.Throws<InvalidDataException>(() => tree.ReadFile("/small", 10));
        Assert.Equal("small"u8.ToArray(), tree.ReadStart("/small", 5));
        Assert.Null(tree.ReadFile("/many", 5));
        Assert.Null(tree.ReadFile("/null", 5));
        Assert.Null(tree.List("/small"));
        Assert.Equal(SquashFsSource.LongTarget, tree.ReadLink("/long"));
        Assert.False(tree.TryStat("/long", out _));
        Assert.Equal(["10-a.sh", "90-b.sh"], tree.List("/.singularity.d/env")!);
    }

    [Fact]
    public void Reads_extended_attributes()
    {
        Need.Feature(source.HasXattrs, "user extended attributes in the temporary directory");
        var image = new SquashFsImage(new MemoryRange(File.ReadAllBytes(source.Image())));
        using var tree = new SquashFsTree(image);
        var xattrs = new SquashFsXattrs(image);

        Assert.Equal(["user.shared=100", "user.short=3"], Of("/small"));
        Assert.Equal(["user.shared=100"], Of("/empty"));
        Assert.Empty(Of("/text"));

        string[] Of(string path)
        {
            Assert.True(tree.TryFind(path, follow: false, out SquashFsInode inode));
            return [.. xattrs.Read(inode).Select(a => $"{a.Key}={a.Value.Length}").Order(StringComparer.Ordinal)];
        }
    }

    private static void Compare(IImageTree expected, IImageTree actual, string path)
    {
        foreach (string name in expected.List(path)!)
        {
            string child = $"{path}/{name}";
            Assert.True(expected.TryStat(child, out ImageEntry wanted, follow: false));
            Assert.True(actual.TryStat(child, out ImageEntry entry, follow: false), child);
            Assert.Equal((wanted.Kind, wanted.Permissions, 1000L), (entry.Kind, entry.Permissions, entry.ModifiedAt));
            switch (wanted.Kind)
            {
                case FileKind.Directory:
                    Compare(expected, actual, child);
                    break;
                case FileKind.SymbolicLink:
                    Assert.Equal(expected.ReadLink(child), actual.ReadLink(child));
                    break;
                default:
                    Assert.True(expected.ReadFile(child, 1 << 24).AsSpan().SequenceEqual(actual.ReadFile(child, 1 << 24)), child);
                    break;
            }
        }
    }
}
