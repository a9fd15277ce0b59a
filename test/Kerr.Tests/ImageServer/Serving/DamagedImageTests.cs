using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO;
using System.Text;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.ImageServer;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Tests.Image;
using Kerr.Tests.Image.SquashFs;
using Xunit;

namespace Kerr.Tests.ImageServer.Serving;

/// <summary>S41: what an image or its disk does wrong is EIO for who reads there, and nothing for anybody else.</summary>
public sealed class DamagedImageTests(SquashFsSource source) : IClassFixture<SquashFsSource>
{
    [Fact]
    public void A_disk_that_fails_is_EIO_and_a_line_in_the_log_and_what_it_gives_later_is_right()
    {
        var disk = new FaultySource(File.ReadAllBytes(source.Image()));
        var served = new ServedImage(disk);
        ulong file = served.Node("blocks"), link = served.Node("link");

        disk.Fault = FaultySource.Broken;
        Assert.Equal(Errno.EIO, served.Ask(FuseOpcode.FUSE_READ, file, ServedImage.ReadBody(0, 4096)).Error);
        Assert.StartsWith("image /image.sif cannot be read: pread: ", Assert.Single(served.Told), StringComparison.Ordinal);
        Assert.Equal(Errno.None, served.Ask(FuseOpcode.FUSE_READLINK, link).Error);
        disk.Fault = FaultySource.Short;
        Assert.Equal(Errno.EIO, served.Ask(FuseOpcode.FUSE_READ, file, ServedImage.ReadBody(0, 4096)).Error);
        Assert.Contains("image /image.sif is damaged: the file ends before", served.Told[1], StringComparison.Ordinal);

        disk.Fault = null;
        Assert.True(File.ReadAllBytes(source.Path + "/blocks").AsSpan().SequenceEqual(served.Content(file)));
    }

    [Fact]
    public void The_log_is_not_flooded()
    {
        var disk = new FaultySource(File.ReadAllBytes(source.Image()));
        var served = new ServedImage(disk);
        ulong file = served.Node("blocks");
        disk.Fault = FaultySource.Broken;
        for (int i = 0; i < 100; i++)
        {
            served.Ask(FuseOpcode.FUSE_READ, file, ServedImage.ReadBody(0, 4096));
        }

        Assert.Equal(ServerLog.Most, served.Told.Count);
        Assert.EndsWith("(further errors are not told)", served.Told[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-comp gzip")]
    [InlineData("-comp zstd -b 4096")]
    public void A_slow_disk_changes_nothing_for_sequential_readers(string options)
    {
        var served = new ServedImage(new FaultySource(File.ReadAllBytes(source.Image(options.Split(' ')))) { Fault = FaultySource.Slow });
        Assert.True(File.ReadAllBytes(source.Path + "/text").AsSpan().SequenceEqual(served.Content(served.Node("text"), 16 << 10)));
    }

    [Theory]
    [InlineData("-noI -noId -noD -noF -noX", 31)]
    [InlineData("-noI -noId -noX -b 4096 -comp lz4", 32)]
    [InlineData("-comp gzip", 33)]
    [InlineData("-comp zstd", 34)]
    [InlineData("-comp lzo", 35)]
    public void A_damaged_image_is_refused_or_served(string options, int seed)
    {
        byte[] bytes = File.ReadAllBytes(source.Image(options.Split(' ')));
        int inodes = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(64));
        int directories = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(72));
        int used = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40));

        int unexpected = 0;
        Mutation.Run(bytes, seed, Mutation.Rounds(15), [0..96, 96..inodes, inodes..directories, directories..used, (used - 400)..used], damaged =>
        {
            var served = new ServedImage(new MemoryRange(damaged), cache: 256 << 10);
            foreach (string name in (string[])["empty", "small", "blocks", "text", "sparse", "link", "long", "many", "sub", "disk"])
            {
                (Errno error, byte[] entry) = served.Ask(FuseOpcode.FUSE_LOOKUP, ServedImage.Root, Encoding.ASCII.GetBytes(name + "\0"));
                ulong node = error == Errno.None ? BinaryPrimitives.ReadUInt64LittleEndian(entry) : 3;
                foreach (FuseOpcode opcode in (FuseOpcode[])[FuseOpcode.FUSE_GETATTR, FuseOpcode.FUSE_READ, FuseOpcode.FUSE_READLINK, FuseOpcode.FUSE_READDIRPLUS, FuseOpcode.FUSE_LISTXATTR, FuseOpcode.FUSE_LSEEK])
                {
                    Errno answer = served.Ask(opcode, node, ServedImage.ReadBody(0, opcode == FuseOpcode.FUSE_LSEEK ? 4 : 65_536)).Error;
                    unexpected += answer is Errno.None or Errno.EIO or Errno.EINVAL or Errno.EISDIR or Errno.ENOTDIR or Errno.ENOSYS or Errno.ENXIO or Errno.ERANGE or Errno.E2BIG ? 0 : 1;
                }

                served.Ask(FuseOpcode.FUSE_READ, node, ServedImage.ReadBody(1_000_000, 131_072));
            }

            Assert.DoesNotContain(served.Told, static line => line.Contains("Exception", StringComparison.Ordinal));
        });
        Assert.Equal(0, unexpected);
    }

    [Fact]
    public void Damaged_requests_are_answered_or_passed_over()
    {
        var served = new ServedImage(new MemoryRange(File.ReadAllBytes(source.Image())));
        ulong file = served.Node("blocks"), many = served.Node("many");
        byte[][] good =
        [
            ServedImage.Request(FuseOpcode.FUSE_LOOKUP, 1, many, "a-name-that-makes-the-listing-long-0350\0"u8),
            ServedImage.Request(FuseOpcode.FUSE_READ, 1, file, ServedImage.ReadBody(70_000, 131_072)),
            ServedImage.Request(FuseOpcode.FUSE_READDIRPLUS, 1, many, ServedImage.ReadBody(300, 32_768)),
            ServedImage.Request(FuseOpcode.FUSE_LSEEK, 1, file, ServedImage.ReadBody(70_000, 3)),
            ServedImage.Request(FuseOpcode.FUSE_GETXATTR, 1, file, [100, 0, 0, 0, 0, 0, 0, 0, .. "user.shared\0"u8]),
            ServedImage.Request(FuseOpcode.FUSE_INIT, 1, 0, new byte[64]),
        ];
        served.Transport.IsRecording = false;

        int answered = 0;
        for (int kind = 0; kind < good.Length; kind++)
        {
            Mutation.Run(good[kind], 40 + kind, Mutation.Rounds(500), [0..good[kind].Length, 16..40, 40..good[kind].Length], request =>
            {
                int before = served.Transport.SentCount;
                served.Worker.Serve(request);
                answered += served.Transport.SentCount - before;
            });
        }

        Assert.InRange(answered, 1000, int.MaxValue);
        Assert.DoesNotContain(served.Told, static line => line.Contains("Exception", StringComparison.Ordinal));
        Assert.True(File.ReadAllBytes(source.Path + "/blocks").AsSpan().SequenceEqual(Again(served, file)));
    }

    private static byte[] Again(ServedImage served, ulong file)
    {
        served.Transport.IsRecording = true;
        return served.Content(file);
    }
}
