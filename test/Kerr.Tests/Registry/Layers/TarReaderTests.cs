using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Registry.Layers;
using Xunit;

namespace Kerr.Tests.Registry.Layers;

/// <summary>Every form of tar that writes layers is read, and nothing that is damaged gets through.</summary>
public sealed class TarReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Gives_back_what_was_written()
    {
        string name = string.Concat(Enumerable.Repeat("a very long name/", 20)) + "end", link = "../" + new string('l', 200);
        var attribute = new TarAttribute("user.\xE9", [0, 10, 61, 255]);
        byte[] tar = new TarBytes().File(name, "content", attributes: attribute).Link("link", link)
            .Put(new TarEntry(TarKind.CharacterDevice, "dev/x") { DeviceMajor = 1, DeviceMinor = 3, Uid = 4_000_000_000, Gid = 3_000_000 }, "").End();
        var reader = new TarReader(new MemoryStream(tar));

        TarEntry file = reader.Next()!;
        Assert.Equal((name, 7L, 7L), (file.Name, file.Size, file.ModifiedAt));
        Assert.Equal(attribute.Name, Assert.Single(file.Attributes).Name);
        Assert.Equal(attribute.Value, file.Attributes[0].Value);
        Assert.Equal("content", TarBytes.Content(reader));
        Assert.Equal(link, reader.Next()!.LinkName);
        TarEntry device = reader.Next()!;
        Assert.Equal((4_000_000_000u, 3_000_000u, 1u, 3u), (device.Uid, device.Gid, device.DeviceMajor, device.DeviceMinor));
        Assert.Null(reader.Next());
    }

    [Theory]
    [InlineData("gnu", "")]
    [InlineData("posix", "")]
    [InlineData("oldgnu", "")]
    [InlineData("gnu", "--sparse")]
    [InlineData("posix", "--sparse --sparse-version=0.0")]
    [InlineData("posix", "--sparse --sparse-version=0.1")]
    [InlineData("posix", "--sparse --sparse-version=1.0")]
    public void Reads_what_tar_writes(string format, string options)
    {
        Need.Program("tar");
        string longName = new string('d', 120) + "/" + new string('n', 150);
        _directory.Write("in/" + longName, "long");
        string sparse = _directory.Write("in/sparse", "start");
        using (var file = new FileStream(sparse, FileMode.Open))
        {
            file.Position = 3 << 20;
            file.Write("middle"u8);
            file.SetLength(5 << 20);
        }

        string tar = _directory.File("x.tar");
        using (Process process = Process.Start("tar", $"--format={format} {options} -cf {tar} -C {_directory.File("in")} ."))
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        var reader = new TarReader(new MemoryStream(File.ReadAllBytes(tar)));
        int seen = 0;
        while (reader.Next() is { } entry)
        {
            if (entry.Kind == TarKind.File)
            {
                Assert.Contains(entry.Name, (string[])["./" + longName, "./sparse"]);
                Assert.Equal(File.ReadAllText(Path.Combine(_directory.File("in"), entry.Name), Encoding.Latin1), TarBytes.Content(reader));
                seen++;
            }
        }

        Assert.Equal(2, seen);
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        byte[] tar = new TarBytes().File(new string('n', 150), new string('x', 700)).Directory("d").End();

        for (int length = 1; length < tar.Length - 1024; length++)
        {
            byte[] cut = tar[..length];
            if (length == 2560)
            {
                continue;   // between two entries: not every program writes the mark of the end
            }

            Assert.Throws<InvalidDataException>(() => TarBytes.Lines(cut));
        }
    }

    [Fact]
    public void A_flipped_header_bit_is_noticed()
    {
        byte[] tar = new TarBytes().File("name", "content").End();
        for (int at = 0; at < 512; at++)
        {
            byte[] damaged = [.. tar];
            damaged[at] ^= 0x10;
            if (at is >= 148 and < 156)
            {
                continue;   // the checksum's own field has digits that do not matter
            }

            Assert.Throws<InvalidDataException>(() => TarBytes.Lines(damaged));
        }
    }

    [Theory]
    [InlineData("12 path=abc")]        // no line feed
    [InlineData("99 path=abc\n")]      // longer than it is
    [InlineData("x path=abc\n")]
    [InlineData("11 size=-5\n")]
    [InlineData("14 size=1e999\n")]
    [InlineData("31 size=99999999999999999999\n")]
    public void Malformed_extended_headers_are_refused(string records)
    {
        byte[] tar = new TarBytes().File("pax", records).File("x", "").End();
        tar[156] = (byte)'x';
        Checksum(tar);

        Assert.Throws<InvalidDataException>(() => TarBytes.Lines(tar));
    }

    [Theory]
    [InlineData("0,5,3,4", 100)]            // overlapping
    [InlineData("0,5,98,4", 100)]           // beyond the end
    [InlineData("0", 100)]
    [InlineData("0,5", 9_000_000_000_000_000)]
    public void Malformed_sparse_maps_are_refused(string map, long size)
    {
        string records = Record($"GNU.sparse.size={size}") + Record("GNU.sparse.numblocks=1") + Record($"GNU.sparse.map={map}");
        byte[] tar = new TarBytes().File("pax", records).File("x", "123456789").End();
        tar[156] = (byte)'x';
        Checksum(tar);

        Assert.Throws<InvalidDataException>(() => TarBytes.Lines(tar));
    }

    private static string Record(string text)
    {
        int length = text.Length + 3;
        return $"{(length + 1 > 9 ? length + 1 : length)} {text}\n";
    }

    private static void Checksum(byte[] tar)
    {
        tar.AsSpan(148, 8).Fill((byte)' ');
        int sum = tar.Take(512).Sum(static b => b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
    }
}
