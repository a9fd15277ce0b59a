using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Kerr.EndToEnd.Audit;
using Kerr.EndToEnd.Harness;
using Kerr.Linux;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>
/// Records of the setuid starter: root's word, as the kernel says to whoever keeps them. F38 in this mode: no sink stops or delays a launch, unless a record is required.
/// </summary>
public sealed class ProvenRecordTests(HostileTree hostile) : IClassFixture<HostileTree>, IDisposable
{
    private readonly SetuidTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public void A_start_is_one_line_of_roots_with_the_users_account_inside()
    {
        using var sink = new Sink();
        tree.Configure($"audit sink = {sink.Path}");
        using Running launch = tree.User.With("SLURM_JOB_ID=42").Start("exec", Images.Directory, "/bin/cat", "/proc/self/stat");
        launch.Wait().Succeeds();
        (string datagram, DatagramSender sender) = Assert.Single(sink.Received());
        JsonElement record = JsonDocument.Parse(datagram["<86>kerr-audit: ".Length..]).RootElement;

        Assert.Equal(0u, sender.Uid);
        Assert.Equal("starter", record.GetProperty("trust").GetString());
        Assert.Equal(("start", "setuid"), (record.GetProperty("event").GetString(), record.GetProperty("mode").GetString()));
        Assert.Equal(TestUser.First.Uid, record.GetProperty("uid").GetUInt32());
        Assert.Equal(launch.Pid, record.GetProperty("pid").GetInt32());
        Assert.Equal(launch.Out.Split(' ')[21], record.GetProperty("started").GetInt64().ToString(null, null));
        Assert.Equal(0u, record.GetProperty("owner").GetUInt32());
        Assert.Equal(Host.Run("stat", "-c", "%i", Images.Directory).Trim(), record.GetProperty("inode").GetInt64().ToString(null, null));
        JsonElement reported = record.GetProperty("reported");
        Assert.Equal(Images.Directory, reported.GetProperty("image").GetProperty("path").GetString());
        Assert.Equal("42", reported.GetProperty("claimed").GetProperty("SLURM_JOB_ID").GetString());
    }

    /// <summary>In a PID namespace of its own the starter is process 1 to itself, and its word would be taken for forged.</summary>
    [Theory]
    [InlineData("-C")]
    [InlineData("--pid")]
    [InlineData("-C --no-init")]
    public void In_a_PID_namespace_it_says_the_number_that_the_host_knows_and_is_found_by_the_callers_too(string options)
    {
        string place = Host.Directory(), socket = place + "/socket", store = place + "/store";
        tree.Configure($"audit sink = {socket}");
        using Running collector = As.Root.Named(tree.Prefix + "/bin/kerr").Start("trace", "collect", "--listen", socket, "--mode", "0666", "--store", store);
        for (int i = 0; i < 500 && !File.Exists(socket); i++)
        {
            System.Threading.Thread.Sleep(10);
        }

        using Running launch = tree.User.Start(["exec", .. options.Split(' '), Images.Directory, "/bin/true"]);
        launch.Wait().Succeeds();

        string answer = "";
        for (int i = 0; i < 500 && !answer.Contains(" exit 0 ", StringComparison.Ordinal); i++)
        {
            System.Threading.Thread.Sleep(10);
            answer = As.Root.Named(tree.Prefix + "/bin/kerr").Run("trace", "--store", store, "--pid", launch.Pid.ToString(null, null)).Out;
        }

        collector.Signal(15).Wait();
        Assert.Contains("proven", answer, StringComparison.Ordinal);
        Assert.Contains(TestUser.First.Name, answer, StringComparison.Ordinal);
        Assert.Contains(Images.Directory, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", As.Root.Named(tree.Prefix + "/bin/kerr").Run("trace", "--store", store).Succeeds().Out, StringComparison.Ordinal);
    }

    /// <summary>Layers and data are images, too, which are looked at before and behind it.</summary>
    [Theory]
    [InlineData("sif")]
    [InlineData("directory")]
    public void The_image_of_a_record_is_the_one_that_is_run(string kind)
    {
        using var sink = new Sink();
        tree.Configure($"audit sink = {sink.Path}");
        string image = kind == "sif" ? Images.Sif : Images.Directory, layer = new ImageTree().File("/etc/layer", "").SquashFs(), own = new ImageTree().Directory("/etc").Path;
        tree.User.Run("exec", "--overlay", own + ":ro", "--overlay", layer + ":ro", "-B", layer + ":/mnt:image-src=/etc", image, "/bin/ls", "/mnt").Prints("layer");
        Assert.Equal(Host.Run("stat", "-c", "%i", image).Trim(), Assert.Single(sink.Records()).GetProperty("inode").GetInt64().ToString(null, null));
    }

    [Theory]
    [InlineData("limit container paths = /nowhere", "certain directories")]
    [InlineData("limit container owners = daemon", "certain owners")]
    [InlineData("allow container dir = no", "this kind")]
    public void A_refusal_of_the_starters_is_recorded_by_it(string directive, string why)
    {
        using var sink = new Sink();
        tree.Configure();
        string plan = tree.Plan("exec", Images.Directory, "/bin/echo", "ran");
        tree.Configure($"audit sink = {sink.Path}", directive);
        Assert.Equal("", As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--").Ends(255).Out);
        (string datagram, DatagramSender sender) = Assert.Single(sink.Received());
        JsonElement record = JsonDocument.Parse(datagram["<86>kerr-audit: ".Length..]).RootElement;

        Assert.Equal((0u, "denial", "starter"), (sender.Uid, record.GetProperty("event").GetString(), record.GetProperty("trust").GetString()));
        Assert.Contains(why, record.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Who traces the user's half can leave its account out, or send another, but no launch out of the record.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("2 0 64 0")]                    // what is there is no object
    [InlineData("2 0xffffffffffffff00 64 0")]
    [InlineData("2 0 0xffffffffffffffff 0")]
    public void A_launch_without_an_account_of_it_is_recorded_all_the_same(string request)
    {
        using var sink = new Sink();
        hostile.Tree.Configure($"audit sink = {sink.Path}");
        List<string> requests = ["1 1 0 0", .. request.Length == 0 ? [] : (string[])[request], "7 0 0 0", $"10 0 0 0 {Images.Directory} s:image", "11 0 0 0 s:image s:root", "18 0 0 0 s:root"];
        Assert.Contains("18 0", hostile.Ask([.. requests]).Lines);
        JsonElement record = Assert.Single(sink.Records());
        Assert.Equal(TestUser.First.Uid, record.GetProperty("uid").GetUInt32());
        Assert.False(record.TryGetProperty("reported", out _));
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("stale")]
    [InlineData("a file")]
    [InlineData("full")]
    public void Without_a_sink_a_launch_goes_on_unless_its_record_is_required(string kind)
    {
        string path = $"{Host.Directory()}/log";
        using DatagramSocket? socket = kind is "stale" or "full" ? DatagramSocket.Listen(path, 0x1B6, 1 << 16) : null;
        using DatagramSocket? filler = kind == "full" ? DatagramSocket.Connect(path) : null;
        while (filler is not null && filler.Send(new byte[1000]) == Errno.None)
        {
        }

        if (kind == "stale")
        {
            socket!.Dispose();
        }
        else if (kind == "a file")
        {
            Host.Write(path, "");
        }

        foreach (string[] options in (string[][])[[], ["-C"]])
        {
            tree.Configure($"audit sink = {path}");
            tree.User.Run(["exec", .. options, Images.Directory, "/bin/echo", "ran"]).Prints("ran");
            tree.Configure($"audit sink = {path}", "audit required = yes");
            tree.User.Run(["exec", .. options, Images.Directory, "/bin/echo", "ran"]).IsFatal("this launch cannot be recorded, and the administrator requires that");
        }

        File.Delete(path);
    }

    [Fact]
    public void A_required_record_that_can_be_written_stops_nothing()
    {
        using var sink = new Sink();
        tree.Configure($"audit sink = {sink.Path}", "audit required = yes", "audit launches = no");
        tree.User.Run("exec", Images.Directory, "/bin/echo", "ran").Prints("ran");
        Assert.Equal("starter", sink.Records()[0].GetProperty("trust").GetString());
    }

    [Fact]
    public void Journald_is_preferred_and_full_it_gives_way_to_syslog()
    {
        using Sink journal = new(), log = new();
        tree.Configure();
        string places = $"mount -t tmpfs none /run; mkdir -p /run/systemd/journal; touch /run/systemd/journal/socket; mount --bind {journal.Path} /run/systemd/journal/socket; "
            + $"mkdir /run/dev; mount --rbind /dev /run/dev; mount -t tmpfs none /dev; ln -s {log.Path} /dev/log; for d in null zero full random urandom tty fuse; do touch /dev/$d; mount --bind /run/dev/$d /dev/$d; done; mkdir /dev/pts /dev/shm; ln -s /proc/self/fd /dev/fd";
        tree.User.OnHost(places).Run("exec", "-C", Images.Directory, "/bin/true").Succeeds();
        (string datagram, DatagramSender sender) = journal.Received()[0];
        Assert.StartsWith("SYSLOG_IDENTIFIER=kerr-audit\nSYSLOG_FACILITY=10\nPRIORITY=6\nMESSAGE={\"kerr\":1,\"trust\":\"starter\"", datagram, StringComparison.Ordinal);
        Assert.Equal(0u, sender.Uid);

        using DatagramSocket filler = DatagramSocket.Connect(journal.Path)!;
        while (filler.Send(new byte[1000]) == Errno.None)
        {
        }

        tree.User.OnHost(places).Run("exec", Images.Directory, "/bin/true").Succeeds();
        Assert.StartsWith("<86>kerr-audit: {\"kerr\":1,\"trust\":\"starter\"", log.Received()[0].Datagram, StringComparison.Ordinal);
    }
}
