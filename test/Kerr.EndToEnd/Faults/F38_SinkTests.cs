using System;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Kerr.Linux;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F38: whoever keeps records is not there, is full, or never reads: launches go on.</summary>
public class F38_SinkTests
{
    [Fact]
    public void A_sink_that_is_not_there_is_passed_over()
    {
        string stale = $"{Host.Directory()}/log";
        DatagramSocket.Listen(stale, 0x1B6, 1 << 16).Dispose();     // its name stays
        foreach (string path in (string[])[stale, "/no/such/log", Host.Write($"{Host.Directory()}/log", "a file"), "/"])
        {
            As.User.Run("-c", ConfigurationFile.With($"audit sink = {path}"), "exec", Images.Directory, "echo", "here").Prints("here");
        }
    }

    [Fact]
    public void A_sink_of_the_wrong_kind_or_not_for_us_is_passed_over()
    {
        string path = $"{Host.Directory()}/log";
        using var stream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stream.Bind(new UnixDomainSocketEndPoint(path));
        stream.Listen(0);
        File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
        string closed = $"{Host.Directory()}/log";
        using DatagramSocket ours = DatagramSocket.Listen(closed, 0x180, 1 << 16);
        foreach (string sink in (string[])[path, closed])
        {
            As.User.Run("-c", ConfigurationFile.With($"audit sink = {sink}"), "exec", Images.Directory, "echo", "here").Prints("here");
        }

        File.Delete(closed);
    }

    [Fact]
    public void A_sink_that_is_full_loses_the_record_and_one_line_says_so()
    {
        string path = $"{Host.Directory()}/log";
        using DatagramSocket full = DatagramSocket.Listen(path, 0x1B6, 1 << 16);
        using DatagramSocket filler = DatagramSocket.Connect(path)!;
        while (filler.Send(new byte[1000]) == Errno.None)
        {
        }

        string configuration = ConfigurationFile.With($"audit sink = {path}");
        Assert.Equal("here\n", As.User.Run("-c", configuration, "exec", "--pid", Images.Directory, "sh", "-c", "echo here; exit 3").Ends(3).Out);
        string verbose = As.User.Run("-v", "-c", configuration, "exec", Images.Directory, "true").Succeeds().Err;

        Assert.Contains("the launch is not recorded", verbose, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void Journald_that_is_full_gives_way_to_syslog()
    {
        string journal = $"{Host.Directory()}/journal", log = $"{Host.Directory()}/log";
        using DatagramSocket full = DatagramSocket.Listen(journal, 0x1B6, 1 << 16);
        using DatagramSocket other = DatagramSocket.Listen(log, 0x1B6, 1 << 16);
        using DatagramSocket filler = DatagramSocket.Connect(journal)!;
        while (filler.Send(new byte[1000]) == Errno.None)
        {
        }

        string places = string.Create(CultureInfo.InvariantCulture,
            $"mount -t tmpfs none /run; mkdir -p /run/systemd/journal; touch /run/systemd/journal/socket; mount --bind {journal} /run/systemd/journal/socket; mkdir /run/dev; mount --rbind /dev /run/dev; mount -t tmpfs none /dev; ln -s {log} /dev/log; for d in null zero full random urandom tty fuse; do touch /dev/$d; mount --bind /run/dev/$d /dev/$d; done; mkdir /dev/pts /dev/shm; ln -s /proc/self/fd /dev/fd");
        As.User.OnHost(places).Run("exec", "-C", Images.Directory, "true").Succeeds();

        var buffer = new byte[1 << 16];
        Assert.True(other.Receive(buffer, 5000, out DatagramSender sender) > 0);
        Assert.Equal(TestUser.First.Uid, sender.Uid);
        File.Delete(journal);
        File.Delete(log);
    }
}
