using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Kerr.Linux.Files;
using Xunit;

namespace Kerr.KernelTests.ImageServer;

/// <summary>The server as the kernel sees it: what it shows, what it may do, how it ends.</summary>
public sealed class ImageServerTests(SampleTree sample) : IClassFixture<SampleTree>
{
    [Theory]
    [InlineData("-comp gzip -b 4096")]
    [InlineData("-comp gzip -b 128K")]
    [InlineData("-comp gzip -b 1M")]
    [InlineData("-comp xz -b 4096")]
    [InlineData("-comp xz -b 128K")]
    [InlineData("-comp xz -b 1M")]
    [InlineData("-comp lz4 -b 4096")]
    [InlineData("-comp lz4 -b 128K")]
    [InlineData("-comp lz4 -b 1M")]
    [InlineData("-comp zstd -b 4096")]
    [InlineData("-comp zstd -b 128K")]
    [InlineData("-comp zstd -b 1M")]
    [InlineData("-no-fragments -no-xattrs")]
    public void Shows_every_file_as_the_kernels_own_driver_does(string options)
    {
        MountedImage.Need();
        string image = sample.Image(options);
        string kernel = Directory.CreateTempSubdirectory("kerr-kernel-").FullName;
        SampleTree.Run("mount", "-t", "squashfs", "-o", "loop,ro", image, kernel);
        try
        {
            using var served = new MountedImage(image);
            string[] expected = SampleTree.List(kernel).Split('\n'), found = SampleTree.List(served.Path).Split('\n');
            Assert.InRange(expected.Length, 3000, int.MaxValue);
            Assert.Equal(expected, found);
        }
        finally
        {
            SampleTree.Run("umount", kernel);
            Directory.Delete(kernel);
        }
    }

    [Fact]
    public void Reads_at_any_place_give_what_is_there()
    {
        using var served = new MountedImage(sample.Image("-comp zstd -b 128K"));
        byte[] expected = File.ReadAllBytes(Path.Combine(sample.Tree, "half-random"));
        using FileStream file = File.OpenRead(served.FileAt("half-random"));
        var random = new Random(1);
        var buffer = new byte[300_000];
        for (int i = 0; i < 1000; i++)
        {
            int at = random.Next(expected.Length), length = Math.Min(random.Next(1, buffer.Length), expected.Length - at);
            file.Position = at;
            file.ReadExactly(buffer, 0, length);
            Assert.True(expected.AsSpan(at, length).SequenceEqual(buffer.AsSpan(0, length)), $"{length} bytes at {at}");
        }
    }

    [Fact]
    public void Owners_are_those_that_the_starter_gave()
    {
        using var served = new MountedImage(sample.Image("-comp zstd -b 128K"), "uid=4321 gid=8765");

        Assert.Equal("4321 8765\n4321 8765\n", SampleTree.Run("stat", "-c", "%u %g", served.Path, served.FileAt("exact")));
    }

    [Theory]
    [InlineData("-comp gzip -b 128K")]
    [InlineData("-comp zstd -b 1M")]
    public void Its_memory_stays_bounded_by_the_cache_whatever_is_read(string options)
    {
        using var served = new MountedImage(sample.Image(options));
        SampleTree.Run("sh", "-c", $"for i in 1 2 3 4; do tar cf - {served.Path} 2>/dev/null | cat >/dev/null & done; wait");

        Assert.InRange(Status(served.Server, "VmHWM"), 1, 64 << 10);
    }

    [Fact]
    public void It_runs_under_a_filter_and_cannot_gain_anything()
    {
        using var served = new MountedImage(sample.Image("-comp zstd -b 128K"));
        File.ReadAllBytes(served.FileAt("small"));

        foreach (string thread in Directory.GetDirectories($"/proc/{served.Server.Id}/task"))
        {
            string status = File.ReadAllText(thread + "/status");
            Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
            Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_ends_with_the_mount()
    {
        using var served = new MountedImage(sample.Image("-comp zstd -b 128K"));
        File.ReadAllBytes(served.FileAt("exact"));
        served.Unmount();

        Assert.True(served.Server.WaitForExit(5000));
        Assert.Equal(0, served.Server.ExitCode);
    }

    [Fact]
    public void When_it_is_killed_readers_get_an_error_at_once_and_a_new_mount_works()
    {
        string image = sample.Image("-comp zstd -b 128K");
        using (var served = new MountedImage(image))
        {
            File.ReadAllBytes(served.FileAt("small"));
            served.Server.Kill();
            served.Server.WaitForExit();

            var error = Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(served.FileAt("exact")));
            Assert.Contains("connect", error.Message, StringComparison.OrdinalIgnoreCase);
        }

        using var again = new MountedImage(image);
        Assert.Equal("small\n", File.ReadAllText(again.FileAt("small")));
    }

    [Fact]
    public void An_image_that_is_cut_while_it_is_served_costs_what_was_cut_and_no_more()
    {
        string image = sample.Image("-comp lz4 -b 128K -no-fragments"), cut = image + ".cut";
        File.Copy(image, cut);
        using var served = new MountedImage(cut);
        Assert.Equal("small\n", File.ReadAllText(served.FileAt("small")));
        byte[] link = File.ReadAllBytes(served.FileAt("page"));
        using (FileStream file = File.OpenWrite(cut))
        {
            file.SetLength(4096);
        }

        var error = Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(served.FileAt("half-random")));
        Assert.Contains("input/output", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(link, File.ReadAllBytes(served.FileAt("page")));
        Assert.False(served.Server.HasExited);
    }

    [Fact]
    public void Damage_is_told_in_the_hosts_log()
    {
        const string Log = "/dev/log";
        if (Path.Exists(Log))
        {
            Kerr.Tests.Need.Missing("a host without a log of its own");
        }

        string cut = sample.Image("-comp lz4 -b 128K -no-fragments") + ".told";
        File.Copy(sample.Image("-comp lz4 -b 128K -no-fragments"), cut);
        using var log = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        log.Bind(new UnixDomainSocketEndPoint(Log));
        try
        {
            using var served = new MountedImage(cut);
            Assert.Equal("small\n", File.ReadAllText(served.FileAt("small")));
            using (FileStream file = File.OpenWrite(cut))
            {
                file.SetLength(4096);
            }

            Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(served.FileAt("half-random")));
            var line = new byte[1000];
            string told = Encoding.Latin1.GetString(line, 0, log.Receive(line));
            Assert.StartsWith($"<11>kerr-image-server[{served.Server.Id}]: image {cut} is damaged: ", told, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(Log);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(95)]
    [InlineData(5000)]
    public void What_is_no_image_ends_it_with_a_message(int length)
    {
        MountedImage.Need();
        string file = Path.GetTempFileName();
        File.WriteAllBytes(file, File.ReadAllBytes(sample.Image("-comp lz4 -b 128K"))[..length]);
        int opened = MountedImage.open(file, 0);
        using Process server = MountedImage.Start(opened, opened, length, "cache=0");
        DescriptorIo.Close(opened);
        File.Delete(file);

        Assert.True(server.WaitForExit(5000));
        Assert.Equal(255, server.ExitCode);
    }

    [Fact]
    public void A_launch_that_ends_before_its_mount_is_made_takes_the_waiting_server_along()
    {
        MountedImage.Need();
        var ends = new int[2];
        Assert.Equal(0, socketpair(1, 5, 0, ends));
        string image = sample.Image("-comp lz4 -b 128K");
        int file = MountedImage.open(image, 0);
        Assert.Equal(0, fcntl(ends[0], 2, 1));      // F_SETFD, FD_CLOEXEC: the launch's own end
        using Process server = MountedImage.Start(ends[1], file, new FileInfo(image).Length, "cache=0");
        DescriptorIo.Close(ends[1]);
        DescriptorIo.Close(file);
        Thread.Sleep(100);
        Assert.False(server.HasExited);

        DescriptorIo.Close(ends[0]);

        Assert.True(server.WaitForExit(5000));
        Assert.Equal(0, server.ExitCode);
    }

    private static long Status(Process process, string field)
    {
        string line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int socketpair(int domain, int type, int protocol, [Out] int[] ends);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int descriptor, int command, int argument);
}
