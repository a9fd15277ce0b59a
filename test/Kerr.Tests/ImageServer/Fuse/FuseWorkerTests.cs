using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Image;
using Kerr.Image.SquashFs;
using Kerr.ImageServer;
using Kerr.ImageServer.Fuse;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Tests.Image.SquashFs;
using Xunit;

namespace Kerr.Tests.ImageServer.Fuse;

public sealed class FuseWorkerTests(SquashFsSource source) : IClassFixture<SquashFsSource>
{
    public static TheoryData<string> Options =>
    [
        "-comp gzip", "-comp xz", "-comp lz4", "-comp zstd", "-comp lzo", "-comp gzip -b 4096", "-comp zstd -b 4096", "-comp xz -b 1M", "-comp lz4 -b 1M",
        "-no-fragments", "-always-use-fragments", "-no-exports -no-xattrs",
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void Lists_and_reads_what_the_image_was_made_of(string options)
    {
        var served = Serve(options.Split(' '));
        using var directory = new Kerr.Image.Sandbox.SandboxTree(FileCalls.Open(source.Path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));

        int files = 0;
        Compare(ServedImage.Root, "");
        Assert.InRange(files, SquashFsSource.ManyFiles, int.MaxValue);

        void Compare(ulong node, string path)
        {
            foreach (string name in directory.List(path + "/")!)
            {
                string inside = $"{path}/{name}";
                ulong child = served.Node(inside);
                Assert.True(directory.TryStat(inside, out ImageEntry entry, follow: false));
                (Errno error, byte[] attr) = served.Ask(FuseOpcode.FUSE_GETATTR, child);
                Assert.Equal((Errno.None, (uint)entry.Kind | (uint)entry.Permissions), (error, Int(attr, 16 + 60)));
                files++;
                switch (entry.Kind)
                {
                    case FileKind.Directory:
                        Compare(child, inside);
                        break;
                    case FileKind.SymbolicLink:
                        Assert.Equal(directory.ReadLink(inside), Encoding.Latin1.GetString(served.Ask(FuseOpcode.FUSE_READLINK, child).Body));
                        break;
                    default:
                        Assert.Equal((ulong)entry.Size, Long(attr, 16 + 8));
                        Assert.True(directory.ReadFile(inside, int.MaxValue).AsSpan().SequenceEqual(served.Content(child)), inside);
                        break;
                }
            }
        }
    }

    [Theory]
    [InlineData(false, 4096)]
    [InlineData(false, 300)]
    [InlineData(true, 4096)]
    [InlineData(true, 32_768)]
    public void A_large_directory_is_listed_whole_in_parts_of_any_size(bool plus, int size)
    {
        FuseOpcode opcode = plus ? FuseOpcode.FUSE_READDIRPLUS : FuseOpcode.FUSE_READDIR;
        var served = Serve();
        ulong node = served.Node("many");

        var names = new List<string>();
        ulong at = 0;
        while (true)
        {
            (Errno error, byte[] part) = served.Ask(opcode, node, ServedImage.ReadBody((long)at, size));
            Assert.Equal(Errno.None, error);
            Assert.InRange(part.Length, 0, size);
            if (part.Length == 0)
            {
                break;
            }

            for (int i = 0; i < part.Length;)
            {
                int start = plus ? i + 128 : i;
                int length = (int)Int(part, start + 16);
                names.Add(Encoding.Latin1.GetString(part, start + 24, length));
                at = Long(part, start + 8);
                if (plus && names.Count > 2)
                {
                    Assert.Equal(served.Node($"many/{names[^1]}"), Long(part, i));
                    Assert.Equal(Long(part, start), Long(part, i + 40));    // the number in the entry is the file's
                }

                i = (start + 24 + length + 7) & ~7;
            }
        }

        Assert.Equal((SquashFsSource.ManyFiles + 2, ".", ".."), (names.Count, names[0], names[1]));
        Assert.Equal(names.Count, new HashSet<string>(names).Count);
    }

    [Fact]
    public void A_name_that_is_not_there_is_an_answer_to_remember()
    {
        (Errno error, byte[] entry) = Serve().Ask(FuseOpcode.FUSE_LOOKUP, ServedImage.Root, "none\0"u8);

        Assert.Equal((Errno.None, 0ul), (error, Long(entry, 0)));
        Assert.InRange(Long(entry, 16), 1_000_000ul, ulong.MaxValue);
    }

    [Fact]
    public void Names_of_one_file_are_one_node()
    {
        var served = Serve();

        Assert.Equal(served.Node("blocks"), served.Node("hard"));
        (_, byte[] attr) = served.Ask(FuseOpcode.FUSE_GETATTR, served.Node("hard"));
        Assert.Equal(2u, Int(attr, 16 + 64));
    }

    [Fact]
    public void Owners_are_those_that_are_stored_unless_others_are_given()
    {
        ServedImage stored = Serve(), shown = new(new MemoryRange(File.ReadAllBytes(source.Image())), uid: 1000, gid: 100);

        Assert.Equal((1_234_567u, 7_654_321u), Owner(stored));
        Assert.Equal((1000u, 100u), Owner(shown));

        static (uint, uint) Owner(ServedImage served)
        {
            (_, byte[] attr) = served.Ask(FuseOpcode.FUSE_GETATTR, served.Node("owned"));
            return (Int(attr, 16 + 68), Int(attr, 16 + 72));
        }
    }

    [Fact]
    public void Devices_have_their_numbers()
    {
        var served = Serve();

        (_, byte[] attr) = served.Ask(FuseOpcode.FUSE_GETATTR, served.Node("disk"));

        // 259:70000 as new_encode_dev() packs it.
        Assert.Equal((0x61A0u, (70_000u & 0xFF) | (259u << 8) | ((70_000u & ~0xFFu) << 12)), (Int(attr, 16 + 60), Int(attr, 16 + 76)));
    }

    [Fact]
    public void Xattrs_are_listed_and_read_and_measured()
    {
        Need.Feature(source.HasXattrs, "a file system with xattrs");
        var served = Serve();
        ulong node = served.Node("small");

        Assert.Equal("user.short\0user.shared\0", Encoding.Latin1.GetString(served.Ask(FuseOpcode.FUSE_LISTXATTR, node, Room(100)).Body), ignoreAllWhiteSpace: false);
        Assert.Equal([1, 2, 3], served.Ask(FuseOpcode.FUSE_GETXATTR, node, [.. Room(100), .. "user.short\0"u8]).Body);
        Assert.Equal(3u, Int(served.Ask(FuseOpcode.FUSE_GETXATTR, node, [.. Room(0), .. "user.short\0"u8]).Body, 0));
        Assert.Equal(Errno.ERANGE, served.Ask(FuseOpcode.FUSE_GETXATTR, node, [.. Room(2), .. "user.short\0"u8]).Error);
        Assert.Equal(Errno.ENODATA, served.Ask(FuseOpcode.FUSE_GETXATTR, node, [.. Room(9), .. "user.none\0"u8]).Error);
        Assert.Equal(100, served.Ask(FuseOpcode.FUSE_GETXATTR, served.Node("empty"), [.. Room(100), .. "user.shared\0"u8]).Body.Length);
        Assert.Equal(Errno.ENOSYS, Serve("-no-xattrs").Ask(FuseOpcode.FUSE_LISTXATTR, ServedImage.Root, Room(100)).Error);

        static byte[] Room(int size) => [.. BitConverter.GetBytes(size), 0, 0, 0, 0];
    }

    [Theory]
    [InlineData(0, 3, 917_504)]         // data from the start: the first block that is not a hole, 1,000,000 rounded down
    [InlineData(0, 4, 0)]
    [InlineData(1_000_000, 4, 1_048_576)]
    [InlineData(2_500_000, 3, -6)]      // behind the end: ENXIO
    [InlineData(2_499_999, 4, 2_499_999)]
    public void Holes_are_found(long from, uint whence, long expected)
    {
        var served = Serve("-no-fragments");
        byte[] body = ServedImage.ReadBody(from, (int)whence);

        (Errno error, byte[] found) = served.Ask(FuseOpcode.FUSE_LSEEK, served.Node("sparse"), body);

        Assert.Equal(expected, error == Errno.None ? BinaryPrimitives.ReadInt64LittleEndian(found) : -(long)error);
    }

    [Fact]
    public void Nothing_is_sent_that_was_not_asked_for()
    {
        // FUSE_NOTIFY_STORE waits for pages that are being read: a server that is killed while it does would never end.
        ulong node = Serve().Node("block");
        byte[] reply = Assert.Single(Session(source.Image(), ServedImage.Request(FuseOpcode.FUSE_READ, 9, node, ServedImage.ReadBody(8192, 4096))));
        Assert.Equal(16 + 4096, reply.Length);
    }

    [Theory]
    [InlineData(99, Errno.ENOSYS)]
    [InlineData(16, Errno.ENOSYS)]      // WRITE
    [InlineData(36, Errno.ENOSYS)]      // INTERRUPT: then the kernel sends no more of them
    [InlineData(1, Errno.EINVAL)]       // LOOKUP without a name
    [InlineData(15, Errno.EINVAL)]      // READ without a range
    [InlineData(28, Errno.EINVAL)]
    [InlineData(46, Errno.EINVAL)]
    [InlineData(5, Errno.EINVAL)]       // READLINK of a directory
    [InlineData(38, Errno.None)]
    public void Requests_that_are_unknown_or_empty_are_refused(int opcode, Errno error)
        => Assert.Equal(error, Serve().Ask((FuseOpcode)opcode, ServedImage.Root).Error);

    [Fact]
    public void Messages_that_are_none_are_passed_over_and_every_truncation_is_answered()
    {
        var served = Serve();
        byte[] whole = ServedImage.Request(FuseOpcode.FUSE_READ, 5, served.Node("block"), ServedImage.ReadBody(0, 4096));
        served.Transport.Sent.Clear();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] part = whole[..length];
            served.Worker.Serve(part);      // shorter than it says
            Assert.Empty(served.Transport.Sent);
            if (length >= FuseRequest.HeaderSize)
            {
                BinaryPrimitives.WriteInt32LittleEndian(part, length);
                served.Worker.Serve(part);
                Assert.Single(served.Transport.Sent);
                served.Transport.Sent.Clear();
            }
        }
    }

    [Fact]
    public void Nothing_is_answered_to_forget()
    {
        var served = Serve();
        served.Worker.Serve(ServedImage.Request(FuseOpcode.FUSE_FORGET, 0, 77, new byte[8]));
        served.Worker.Serve(ServedImage.Request(FuseOpcode.FUSE_BATCH_FORGET, 0, 0, new byte[24]));

        Assert.Equal(0, served.Transport.SentCount);
    }

    [Fact]
    public void Serving_allocates_nothing_once_it_is_warm()
    {
        var served = Serve();
        ulong file = served.Node("blocks"), small = served.Node("small"), link = served.Node("link"), many = served.Node("many");
        byte[][] requests =
        [
            ServedImage.Request(FuseOpcode.FUSE_LOOKUP, 1, ServedImage.Root, "block\0"u8),
            ServedImage.Request(FuseOpcode.FUSE_LOOKUP, 1, many, "none\0"u8),
            ServedImage.Request(FuseOpcode.FUSE_GETATTR, 1, file),
            ServedImage.Request(FuseOpcode.FUSE_READLINK, 1, link),
            ServedImage.Request(FuseOpcode.FUSE_READDIRPLUS, 1, many, ServedImage.ReadBody(0, 4096)),
            ServedImage.Request(FuseOpcode.FUSE_READ, 1, file, ServedImage.ReadBody(200_000, 131_072)),
            ServedImage.Request(FuseOpcode.FUSE_READ, 1, small, ServedImage.ReadBody(0, 4096)),
            ServedImage.Request(FuseOpcode.FUSE_GETXATTR, 1, small, [100, 0, 0, 0, 0, 0, 0, 0, .. "user.shared\0"u8]),
            ServedImage.Request(FuseOpcode.FUSE_STATFS, 1, ServedImage.Root),
        ];
        served.Transport.IsRecording = false;
        Round(50);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Round(50);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Round(int count)
        {
            for (int i = 0; i < count; i++)
            {
                foreach (byte[] request in requests)
                {
                    served.Worker.Serve(request);
                }
            }
        }
    }

    private ServedImage Serve(params string[] options) => new(new MemoryRange(File.ReadAllBytes(source.Image(options))));

    // A whole session of several threads, on the kernel's side of which two requests stand.
    private static List<byte[]> Session(string image, byte[] request)
    {
        var transport = new RecordingTransport();
        var squashfs = new SquashFsImage(new MemoryRange(File.ReadAllBytes(image)), ServerCodecs.For, metadataBlocks: 16);
        var session = new FuseSession(transport, squashfs, default, 1 << 20, new ServerLog(image, static _ => { }));
        transport.Queue(request);
        Assert.Equal(Errno.ENODEV, session.Run());
        return transport.Sent;
    }

    private static uint Int(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong Long(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
