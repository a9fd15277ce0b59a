using System;
using System.Buffers.Binary;
using System.IO;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Image.SquashFs;
using Kerr.Linux.Files;
using Kerr.Tests.Image.Sif;
using Kerr.Tests.Image.SquashFs;
using Xunit;

namespace Kerr.Tests.Image;

public sealed class MutationTests(SquashFsSource source) : IClassFixture<SquashFsSource>
{
    private const int MostEntries = 3000;
    private const int DeepestDirectory = 6;

    [Fact]
    public void A_damaged_SIF_file_is_refused_or_read()
    {
        byte[] bytes = new SifBytes().With(1, 32_176, 10).With(2, 32_768, 4096, primary: true).With(3, 36_864, 9, link: 2).Bytes;
        Range table = 4096..(4096 + (4 * SifDescriptor.Size));

        int refused = Mutation.Run(bytes, 11, Mutation.Rounds(3000), [32..128, 64..128, table, table], damaged =>
        {
            var file = new MemoryRange(damaged);
            foreach (SifDescriptor descriptor in SifImage.Read(file).Descriptors)
            {
                SifImage.ReadObject(file, descriptor, 1 << 20);
                if (descriptor.DataType == SifDataType.Partition)
                {
                    SifExtra.Partition(descriptor);
                }
            }
        });
        Assert.InRange(refused, 1, int.MaxValue);
    }

    // Stored as they are, so that damage reaches the numbers and does not end at a codec's check; and compressed.
    [Theory]
    [InlineData("-noI -noId -noD -noF -noX", 21)]
    [InlineData("-noI -noId -noX -b 4096 -comp lz4", 22)]
    [InlineData("-comp gzip", 23)]
    [InlineData("-comp zstd", 24)]
    [InlineData("-comp xz -b 4096", 25)]
    public void A_damaged_squashfs_is_refused_or_read(string options, int seed)
    {
        byte[] bytes = File.ReadAllBytes(source.Image(options.Split(' ')));
        int inodes = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(64));
        int directories = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(72));
        int used = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40));

        int refused = Mutation.Run(
            bytes, seed, Mutation.Rounds(40), [0..96, 96..inodes, inodes..directories, directories..used, (used - 400)..used], ReadAll);
        Assert.InRange(refused, 1, int.MaxValue);
    }

    [Fact]
    public void A_squashfs_cut_anywhere_is_refused()
    {
        byte[] bytes = File.ReadAllBytes(source.Image());
        int used = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40));
        for (int length = 0; length < used; length += 977)
        {
            var cut = new MemoryRange(bytes.AsMemory(0, length));
            Assert.Throws<InvalidDataException>(() => new SquashFsImage(cut));
        }
    }

    private static void ReadAll(byte[] bytes)
    {
        var image = new SquashFsImage(new MemoryRange(bytes));
        var xattrs = new SquashFsXattrs(image);
        using var tree = new SquashFsTree(image);
        var data = new BlockBuffer(image);
        var tails = new BlockBuffer(image);
        int left = MostEntries;
        Walk(image.ReadRoot(), 0);
        tree.TryStat("/climb", out _);
        tree.ReadFile("/many/a-name-that-makes-the-listing-long-0350", 1 << 20);

        // Directories of a hostile image may contain each other: whoever walks them sets the bound.
        void Walk(SquashFsInode directory, int depth)
        {
            var entries = new SquashFsDirectory(image, directory);
            while (left > 0 && entries.Next())
            {
                left--;
                SquashFsInode inode = image.ReadInode(entries.InodeReference);
                xattrs.Read(inode);
                switch (inode.Kind)
                {
                    case FileKind.Directory when depth < DeepestDirectory:
                        Walk(inode, depth + 1);
                        break;
                    case FileKind.SymbolicLink:
                        image.ReadLink(inode);
                        break;
                    case FileKind.Regular:
                        var file = new SquashFsFile(image, inode, data, tails);
                        var part = new byte[10_000];
                        file.Read(0, part);
                        file.Read(Math.Max(0, inode.Size - part.Length), part);
                        break;
                }
            }
        }
    }
}
