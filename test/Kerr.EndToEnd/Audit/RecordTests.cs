using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Kerr.Linux;
using Kerr.Runtime.Audit;
using Xunit;

namespace Kerr.EndToEnd.Audit;

/// <summary>The records of launches, as they reach whoever keeps them.</summary>
public class RecordTests
{
    private const string Secret = "s3cr3t-t0ken";

    [Fact]
    public void A_start_is_one_line_that_the_kernel_says_the_user_sent()
    {
        using var sink = new Sink();
        using Running launch = As.User.With("SLURM_JOB_ID=42").Start("-c", sink.Configuration, "exec", Images.Sif, "cat", "/proc/self/stat");
        launch.Wait().Succeeds();
        (string datagram, DatagramSender sender) = Assert.Single(sink.Received());
        JsonElement record = JsonDocument.Parse(datagram["<86>kerr-audit: ".Length..]).RootElement;

        Assert.Equal(datagram.Length - 1, datagram.IndexOf('\n', StringComparison.Ordinal));
        Assert.Equal(TestUser.First.Uid, sender.Uid);
        Assert.Equal(launch.Pid, sender.Pid);
        Assert.Equal(launch.Pid, record.GetProperty("pid").GetInt32());
        Assert.Equal(launch.Out.Split(' ')[21], record.GetProperty("started").GetInt64().ToString(CultureInfo.InvariantCulture));   // the payload is that process
        Assert.Equal("reported", record.GetProperty("trust").GetString());
        Assert.Equal(TestUser.First.Uid, record.GetProperty("uid").GetUInt32());
        Assert.Equal("userns", record.GetProperty("mode").GetString());
        Assert.Equal("42", record.GetProperty("claimed").GetProperty("SLURM_JOB_ID").GetString());
        JsonElement image = record.GetProperty("image");
        Assert.Equal(Images.Sif, image.GetProperty("path").GetString());
        Assert.Equal(new FileInfo(Images.Sif).Length, image.GetProperty("size").GetInt64());
        Assert.Equal(Environment.ProcessId, record.GetProperty("parents")[0].GetProperty("pid").GetInt32());
        Assert.Equal(Host.Run("sha256sum", sink.Configuration).Split(' ')[0], record.GetProperty("policyDigest").GetString());
    }

    [Fact]
    public void The_digest_of_a_SIF_image_is_that_of_its_header_and_descriptors()
    {
        using var sink = new Sink();
        sink.Run(As.User, "exec", Images.Sif, "true").Succeeds();
        JsonElement image = Assert.Single(sink.Records()).GetProperty("image");
        byte[] file = File.ReadAllBytes(Images.Sif);
        var hash = new Sha256().Add(file.AsSpan(0, 128));
        long table = BitConverter.ToInt64(file, 96);
        for (int i = 0; i < BitConverter.ToInt64(file, 88); i++)
        {
            Span<byte> descriptor = file.AsSpan((int)table + (i * 585), 585);
            _ = descriptor[4] != 0 ? hash.Add(descriptor) : hash;
        }

        Assert.Equal(hash.Finish(), image.GetProperty("digest").GetString());
        Assert.Equal(new Guid(file.AsSpan(48, 16), bigEndian: true).ToString(), image.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("exit 3", 3 << 8)]
    [InlineData("kill -9 $$", (128 + 9) << 8)]          // process 1 says so of its child
    public void Where_a_process_of_ours_sees_the_end_it_is_recorded(string script, int status)
    {
        using var sink = new Sink();
        sink.Run(As.User, "exec", "--pid", Images.Directory, "sh", "-c", script);
        List<JsonElement> records = sink.Records();

        Assert.Equal(2, records.Count);
        Assert.Equal("exit", records[1].GetProperty("event").GetString());
        Assert.Equal(records[0].GetProperty("launch").GetString(), records[1].GetProperty("launch").GetString());
        Assert.Equal(status, records[1].GetProperty("end")[0].GetInt32());
        Assert.True(records[1].GetProperty("end")[5].GetInt32() > 100);     // KiB
    }

    [Fact]
    public void A_launch_that_fails_is_recorded_as_one_that_did_not_start()
    {
        using var sink = new Sink();
        sink.Run(As.User, "exec", Images.Directory, "no-such-program").Ends(255);
        sink.Run(As.User, "exec", "--bind", "/no/such/source:/mnt", Images.Directory, "true").Ends(255);
        List<JsonElement> records = sink.Records();

        Assert.Equal(uint.MaxValue, records[1].GetProperty("end")[0].GetUInt32());
        Assert.Equal(uint.MaxValue, records[^1].GetProperty("end")[0].GetUInt32());
    }

    [Theory]
    [InlineData("allow container dir = no", "allow container dir")]
    [InlineData("allow user ns = no", "allow user ns")]
    [InlineData("limit container paths = /usr", "limit container paths")]
    [InlineData("limit container owners = nobody", "limit container owners", "--unsquash")]
    public void A_refusal_is_recorded_with_its_directive(string line, string directive, string? option = null)
    {
        using var sink = new Sink();
        string image = option is null ? Images.Directory : Images.Sif;
        As.User.Run(["-c", ConfigurationFile.With($"audit sink = {sink.Path}", line), "exec", .. option is null ? [] : (string[])[option], image, "true"]).Ends(255);
        JsonElement record = Assert.Single(sink.Records());

        Assert.Equal("denial", record.GetProperty("event").GetString());
        Assert.Equal(directive, record.GetProperty("directive").GetString());
        Assert.Equal(image, record.GetProperty("image").GetProperty("path").GetString());
    }

    [Fact]
    public void No_record_holds_an_argument_or_a_variable()
    {
        using var sink = new Sink();
        sink.Run(As.User.With($"TOKEN={Secret}", $"SLURM_JOB_ID={Secret} {Secret}"), "exec", "--pid", "--env", $"A={Secret}", Images.Directory, "echo", Secret).Shows(Secret);

        foreach ((string datagram, _) in sink.Received())
        {
            Assert.DoesNotContain(Secret, datagram, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Hostile_names_cannot_leave_their_field()
    {
        string directory = Directory.CreateDirectory($"{Host.Directory(TestUser.First)}/a\nb}}}}\u001b[31m").FullName;
        using var sink = new Sink();
        sink.Run(As.User, "exec", "--bind", $"{directory}:/mnt", Images.Directory, "true").Succeeds();
        (string datagram, _) = Assert.Single(sink.Received());

        Assert.DoesNotContain(datagram[..^1], c => c is < ' ' or > '~');
        Assert.Contains(@"/a\\x0ab}}\\x1b[31m:/mnt", datagram, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_binds_make_a_record_that_says_it_was_cut()
    {
        var binds = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            binds.AddRange(["--bind", $"/etc/hosts:/tmp/{new string('x', 100)}{i}"]);
        }

        using var sink = new Sink();
        sink.Run(As.User, ["exec", "-C", .. binds, Images.Directory, "true"]).Succeeds();
        List<JsonElement> records = sink.Records();

        Assert.Equal("binds", records[0].GetProperty("truncated")[0].GetString());
        Assert.InRange(records[0].GetProperty("binds").GetArrayLength(), 20, 299);
    }

    [Fact]
    public void Journald_is_preferred_and_gets_its_own_protocol()
    {
        using Sink journal = new(), log = new();
        const string Places = "mount -t tmpfs none /run; mkdir -p /run/systemd/journal; touch /run/systemd/journal/socket; mount --bind {0} /run/systemd/journal/socket; "
            + "mount -t tmpfs none /dev/mqueue 2>/dev/null || true; ";
        As.User.OnHost(string.Format(CultureInfo.InvariantCulture, Places, journal.Path)).Run("exec", Images.Directory, "true").Succeeds();
        (string datagram, _) = Assert.Single(journal.Received());

        Assert.StartsWith("SYSLOG_IDENTIFIER=kerr-audit\nSYSLOG_FACILITY=10\nPRIORITY=6\nMESSAGE={\"kerr\":1,", datagram, StringComparison.Ordinal);
        Assert.EndsWith("}\n", datagram, StringComparison.Ordinal);
    }

    [Fact]
    public void It_can_be_turned_off_and_explain_tells_of_it()
    {
        using var sink = new Sink();
        string off = ConfigurationFile.With($"audit sink = {sink.Path}", "audit launches = no");
        As.User.Run("-c", off, "exec", Images.Directory, "true").Succeeds();
        As.User.Run("-c", off, "explain", "exec", Images.Directory, "true").Shows("record of the launch").Shows("audit launches = no");
        As.User.Run("-c", sink.Configuration, "explain", "exec", Images.Directory, "true").Shows($"Recording the launch: {sink.Path}");
        As.User.Run("-c", ConfigurationFile.With("audit sink = elsewhere"), "exec", Images.Directory, "true").IsFatal("takes auto, journald, syslog or an absolute path, not 'elsewhere'");
        sink.Run(As.User, "exec", "--timings", Images.Directory, "true").Succeeds();

        Assert.Single(sink.Received());
    }
}
