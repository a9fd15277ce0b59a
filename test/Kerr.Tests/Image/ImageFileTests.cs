using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Tests.Image.SquashFs;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Image;

public sealed class ImageFileTests : IDisposable
{
    private const string LaunchLine = "#!/usr/bin/env run-singularity\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_is_a_sandbox()
    {
        using ImageFile image = ImageFile.Open(_directory.Path);

        Assert.Equal((ImageKind.Sandbox, null, null), (image.Kind, image.Root, image.Architecture));
        Assert.Throws<UserException>(() => image.RequireRoot());
    }

    [Theory]
    [InlineData("")]
    [InlineData(LaunchLine)]
    [InlineData("#!/bin/sh /usr/bin/run-singularity\n")]
    public void A_squashfs_may_follow_a_launch_line(string line)
    {
        bool known = line.Length == 0 || line == LaunchLine;
        string path = _directory.Write("x.img", [.. Encoding.ASCII.GetBytes(line), .. SuperblockBytes.Good()]);

        if (!known)
        {
            Refused(path, "image format not recognized");
            return;
        }

        using ImageFile image = ImageFile.Open(path);
        Assert.Equal(ImageKind.SquashFs, image.Kind);
        Assert.Equal(
            new RootPartition(line.Length, SuperblockBytes.Length, PartitionFileSystem.SquashFs, "gzip", true, null), image.Root);
    }

    [Theory]
    [InlineData(1, "gzip")]
    [InlineData(2, "lzma")]
    [InlineData(3, "lzo")]
    [InlineData(4, "xz")]
    [InlineData(5, "lz4")]
    [InlineData(6, "zstd")]
    public void The_compression_of_a_squashfs_is_named(byte code, string name)
    {
        byte[] bytes = SuperblockBytes.Good();
        bytes[20] = code;
        using ImageFile image = ImageFile.Open(_directory.Write("x.sqfs", bytes));

        Assert.Equal(name, image.Root!.Value.Compression);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_squashfs_with_an_unknown_compression_is_damaged(byte code)
    {
        byte[] bytes = SuperblockBytes.Good();
        bytes[20] = code;

        Refused(_directory.Write("x.sqfs", bytes), "damaged or incomplete");
    }

    [Theory]
    [InlineData("")]
    [InlineData(LaunchLine)]
    public void An_ext3_may_follow_a_launch_line(string line)
    {
        string path = _directory.Write("x.img", [.. Encoding.ASCII.GetBytes(line), .. Ext3()]);
        using ImageFile image = ImageFile.Open(path);

        Assert.Equal(ImageKind.Ext3, image.Kind);
        Assert.Equal(new RootPartition(line.Length, 8192, PartitionFileSystem.Ext3, null, true, null), image.Root);
        Assert.Null(ImageTree.Open(image));
    }

    [Theory]
    [InlineData(1024 + 0x5C, 0)]          // no journal: ext2
    [InlineData(1024 + 0x60, 0x40)]       // extents: ext4
    [InlineData(1024 + 0x64, 0x10)]       // extra inode size: ext4
    public void Other_ext_file_systems_are_refused(int field, int features)
    {
        byte[] bytes = Ext3();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(field), features);

        Refused(_directory.Write("x.img", bytes), "not ext3");
    }

    [Theory]
    [InlineData(9, 0)]                    // one block beyond the file
    [InlineData(0, 0)]                    // none at all
    [InlineData(-1, 2)]                   // 2^32 - 1 blocks of 4 KiB
    [InlineData(1, 7)]                    // no block is of 128 KiB
    [InlineData(1, -1)]                   // a shift that C# would take modulo 64
    public void An_ext3_that_reaches_beyond_its_file_is_refused(int blocks, int blockSize)
    {
        byte[] bytes = Ext3();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x4), blocks);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x18), blockSize);

        Refused(_directory.Write("x.img", bytes), "damaged or incomplete");
    }

    [Fact]
    public void A_SIF_file_tells_its_root_and_architecture()
    {
        byte[] bytes = new SifBytesWithSquashFs().Bytes;
        using ImageFile image = ImageFile.Open(_directory.Write("x.sif", bytes));

        Assert.Equal((ImageKind.Sif, "amd64"), (image.Kind, image.Architecture));
        Assert.Equal(
            new RootPartition(SifBytesWithSquashFs.Offset, SuperblockBytes.Length, PartitionFileSystem.SquashFs, "gzip", true, 1),
            image.RequireRoot());
        Assert.Equal(1u, image.Sif!.PrimaryPartition!.Id);
    }

    [Fact]
    public void A_SIF_file_without_a_root_opens_and_says_so_when_it_is_needed()
    {
        using ImageFile image = ImageFile.Open(_directory.Write("x.sif", new Sif.SifBytes().Bytes));

        Assert.Null(image.Root);
        Assert.Contains("no root file system", Assert.Throws<UserException>(() => image.RequireRoot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_SIF_file_cut_anywhere_is_refused_with_a_remedy()
    {
        byte[] bytes = new SifBytesWithSquashFs().Bytes;
        for (int length = 128; length < bytes.Length; length += 509)
        {
            UserException error = Refused(_directory.Write("cut.sif", bytes.AsSpan(0, length)), "damaged or incomplete");
            Assert.NotNull(error.Remedy);
        }
    }

    [Fact]
    public void Overlays_are_those_of_the_roots_group()
    {
        string path = _directory.File("x.sif");
        using (SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x1B4))
        {
            SifWriter writer = SifWriter.Create(file, Guid.NewGuid(), 1);
            Add(SifPartitionType.PrimarySystem, 1, SuperblockBytes.Good());
            Add(SifPartitionType.Overlay, 1, SuperblockBytes.Good());
            Add(SifPartitionType.Overlay, 2, SuperblockBytes.Good());
            Add(SifPartitionType.Overlay, 1, "not a file system"u8.ToArray());
            Add(SifPartitionType.Data, 3, SuperblockBytes.Good());

            void Add(SifPartitionType type, uint group, byte[] bytes) => writer.Add(
                SifObject.Partition(new SifPartition(PartitionFileSystem.SquashFs, type, "amd64"), new MemoryStream(bytes)) with { GroupId = group }, 1);
        }

        using ImageFile image = ImageFile.Open(path);
        Assert.Equal(2u, Assert.Single(image.Partitions(SifPartitionType.Overlay)).DescriptorId);
        Assert.Equal(5u, Assert.Single(image.Partitions(SifPartitionType.Data)).DescriptorId);
    }

    [Fact]
    public void What_is_not_there_is_named() => Refused(_directory.File("nothing.sif"), "no such file or directory");

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("#!/bin/sh\necho\n", "image format not recognized")]
    [InlineData("#!/usr/bin/env run-singularity\n", "image format not recognized")]
    [InlineData("SIF_MAGIC\0", "image format not recognized")]    // at 0 it is none
    public void What_is_no_image_is_named(string content, string said) => Refused(_directory.Write("x", content), said);

    [Theory]
    [InlineData("/")]
    [InlineData("/tmp/..")]
    [InlineData("/proc/self/root")]
    public void The_hosts_root_is_refused(string path) => Refused(path, "host's root");

    [Fact]
    public void A_pipe_is_refused_without_waiting_for_its_writer()
    {
        string path = _directory.File("pipe");
        Assert.Equal(0, mkfifo(path, 0x1B4));
        var clock = Stopwatch.StartNew();

        Refused(path, "a pipe");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_device_is_refused() => Refused("/dev/null", "a device");

    [Fact]
    public void A_descriptor_of_the_caller_is_an_image_too()
    {
        string path = _directory.Write("x.sqfs", SuperblockBytes.Good());
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDONLY);
        using ImageFile image = ImageFile.Open($"/proc/self/fd/{file.DangerousGetHandle()}");

        Assert.Equal(ImageKind.SquashFs, image.Kind);
    }

    [Theory]
    [InlineData(4095, true)]
    [InlineData(4096, false)]
    public void A_path_may_be_as_long_as_the_kernel_takes(int length, bool opens)
    {
        // The same place by a longer name.
        string path = _directory.Write("x.sqfs", SuperblockBytes.Good());
        string longer = path.Insert(path.LastIndexOf('/'), new string('/', length - path.Length));
        if (!opens)
        {
            Refused(longer, "file name too long");
            return;
        }

        using ImageFile image = ImageFile.Open(longer);
        Assert.Equal(longer, image.Path);
    }

    [Fact]
    public void A_name_that_is_not_UTF8_is_kept_byte_for_byte()
    {
        string path = _directory.File("x.sqfs");
        File.WriteAllBytes(path, SuperblockBytes.Good());
        string odd = _directory.File("\u00ff\u00fe.sqfs");   // Latin-1: the bytes ff fe
        FileCalls.Rename(path, odd);
        using ImageFile image = ImageFile.Open(odd);

        Assert.Equal(["\u00ff\u00fe.sqfs"], new Kerr.Image.Sandbox.SandboxTree(FileCalls.Open(_directory.Path, OpenFlags.O_PATH)).List("/")!);
        FileCalls.Rename(odd, path);
    }

    private static UserException Refused(string path, string said)
    {
        var error = Assert.Throws<UserException>(() => ImageFile.Open(path).Dispose());
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        return error;
    }

    private static byte[] Ext3()
    {
        var bytes = new byte[8192];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x4), 8);     // blocks of 1 KiB
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1080), 0xEF53);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x5C), 0x4 | 0x8 | 0x30);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x60), 0x2);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1024 + 0x64), 0x1);
        return bytes;
    }

    [DllImport("libc")]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    private sealed class SifBytesWithSquashFs
    {
        internal const int Offset = 36_864;

        internal byte[] Bytes { get; } = Make();

        private static byte[] Make()
        {
            byte[] bytes = new Sif.SifBytes(Offset + SuperblockBytes.Length).With(1, Offset, SuperblockBytes.Length, primary: true).Bytes;
            SuperblockBytes.Good().CopyTo(bytes.AsSpan(Offset));
            return bytes;
        }
    }
}
