using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Kerr.Runtime.Trace;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Audit;

/// <summary>From many users' launches to the answers of `kerr trace`, through a collector that runs meanwhile.</summary>
public class TraceTests
{
    private const int Users = 20, FirstUid = 61_000;

    // What a user does, one launch after the other; each is written down with its process before it begins.
    private const string Launches = """
        i=0
        while [ $i -lt $COUNT ]; do
            i=$((i + 1))
            case $((i % 5)) in
            0) sh -c 'echo plain $$ >> "$LOG"; exec "$KERR" -c "$CONF" exec "$IMAGE" true' ;;
            1) sh -c 'echo exit $$ >> "$LOG"; exec "$KERR" -c "$CONF" exec --pid "$IMAGE" sh -c "exit 3"' ;;
            2) sh -c 'echo killed $$ >> "$LOG"; exec "$KERR" -c "$CONF" exec "$IMAGE" sh -c "kill -9 \$\$"' ;;
            3) sh -c 'echo denied $$ >> "$LOG"; exec "$KERR" -c "$DENYING" exec "$IMAGE" true' ;;
            4) SLURM_JOB_ID=1 sh -c 'echo hostile $$ >> "$LOG"; exec "$KERR" -c "$CONF" exec "$HOSTILE" true' ;;
            esac
        done > /dev/null 2>&1
        true
        """;

    /// <summary>As long a queue as systemd gives every socket at boot: without it ten records wait, and of a thousand launches at once some are lost.</summary>
    private const string Queue = "/proc/sys/net/unix/max_dgram_qlen";

    [Fact]
    public void Every_launch_of_many_users_is_found_and_forged_lines_are_told_apart()
    {
        Need.Program("logger");
        string before = File.ReadAllText(Queue).Trim();
        File.WriteAllText(Queue, Math.Max(512, int.Parse(before, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
        try
        {
            FindEveryLaunch();
        }
        finally
        {
            File.WriteAllText(Queue, before);
        }
    }

    private static void FindEveryLaunch()
    {
        int count = 5 * (Environment.GetEnvironmentVariable("KERR_LONG") == "1" ? 10 : 1);
        string directory = Host.Directory(), store = $"{directory}/store", socket = $"{directory}/socket";
        string hostile = $"{directory}/x\n\u001b[31m {{\"uid\":0}}";
        Host.Run("cp", "-a", Images.Directory, hostile);
        var logs = new List<string>();
        using (Running collector = As.Root.Start("trace", "collect", "--listen", socket, "--mode", "0666", "--store", store))
        {
            Await(() => File.Exists(socket));
            string conf = ConfigurationFile.With($"audit sink = {socket}"), denying = ConfigurationFile.With($"audit sink = {socket}", "allow container dir = no");
            var users = new List<Running>();
            for (int user = 0; user < Users; user++)
            {
                string home = Host.Directory(new TestUser("", (uint)(FirstUid + user), (uint)(FirstUid + user), "")), log = $"{home}/log";
                logs.Add(log);
                string uid = (FirstUid + user).ToString(CultureInfo.InvariantCulture);
                Caller caller = As.Root.Named("/usr/bin/setpriv").With(
                    $"HOME={home}", $"COUNT={count}", $"LOG={log}", $"KERR={Tree.Bin("kerr")}", $"CONF={conf}", $"DENYING={denying}", $"IMAGE={Images.Directory}", $"HOSTILE={hostile}");
                users.Add((caller with { Timeout = TimeSpan.FromMinutes(5) }).Start("--reuid", uid, "--regid", uid, "--clear-groups", "sh", "-c", Launches));
            }

            // Meanwhile somebody says that root, or a neighbour, did it.
            string forged = $$"""{"kerr":1,"trust":"starter","event":"start","launch":"00000000000000000000000000000000","uid":{{FirstUid}},"pid":1,"started":1}""";
            foreach (string line in (string[])[forged, forged.Replace("starter", "reported", StringComparison.Ordinal), "\u001b[2J", "{}"])
            {
                As.OtherUser.Named("/usr/bin/logger").Run("--socket", socket, "-t", "kerr-audit", line);
            }

            foreach (Running user in users)
            {
                user.Wait().Succeeds();
                user.Dispose();
            }

            collector.Signal(15);
            collector.Wait().Succeeds();
        }

        Assert.Null(TraceVerification.Of(store, []).Fault);
        for (int user = 0; user < Users; user++)
        {
            string[] lines = File.ReadAllLines(logs[user]);
            Assert.Equal(count, lines.Length);
            List<TracedLaunch> all = new TraceQuery { Uid = (uint)(FirstUid + user) }.Run(store);
            Assert.Equal(count, all.Count);
            foreach (string line in lines)
            {
                string kind = line.Split(' ')[0];
                int pid = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
                TracedLaunch launch = Assert.Single(new TraceQuery { Pid = pid, Uid = (uint)(FirstUid + user) }.Run(store));
                Assert.Equal("reported", launch.Verdict);
                Assert.Equal(kind == "denied" ? "denial" : "start", launch.Event);
                Assert.Equal(kind == "denied" ? "allow container dir" : null, launch.Refusal);
                Assert.StartsWith(kind == "exit" ? "exit 3, " : "", launch.Ended?.End ?? "", StringComparison.Ordinal);
                Assert.Null(launch.Job);
                Assert.Equal(kind == "hostile" ? "slurm:1" : null, launch.ClaimedJob);
                Assert.DoesNotContain(launch.Line, c => c is < ' ' or > '~');
                Assert.Equal(kind == "hostile" ? $"{directory}/x\\x0a\\x1b[31m {{\"uid\":0}}" : Images.Directory, launch.Image);
            }
        }

        // The forger is found, and nobody else is by what they said.
        List<TracedLaunch> lies = new TraceQuery { Verdict = "forged" }.Run(store);
        Assert.Equal(4, lies.Count);
        Assert.All(lies, lie => Assert.Equal(TestUser.Second.Uid, lie.Uid));

        string table = As.Root.Run("trace", "--store", store, "--image", "x\\x0a").Succeeds().Out;
        Assert.Equal((Users * count / 5) + 1, table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain('\u001b', table);
        As.Root.Run("trace", "--store", store, "--denied", "--user", FirstUid.ToString(CultureInfo.InvariantCulture)).Shows("allow container dir");
        As.Root.Run("trace", "verify", "--store", store).Succeeds();
        EachDeletionIsNamed(store);
    }

    [Fact]
    public void Journald_itself_proves_who_sent_what()
    {
        const string Journald = "/lib/systemd/systemd-journald";
        if (!File.Exists(Journald))
        {
            Need.Missing("systemd-journald");
        }

        string directory = Host.Directory(), store = $"{directory}/store";
        string script = $$"""
            mount -t tmpfs none /run
            mkdir -p /run/log/journal /run/systemd/journal
            {{Journald}} & journald=$!
            while [ ! -S /run/systemd/journal/socket ]; do sleep 0.05; done
            setpriv --reuid {{TestUser.First.Uid}} --regid {{TestUser.First.Gid}} --clear-groups {{Tree.Bin("kerr")}} exec --pid {{Images.Directory}} sh -c 'exit 5' || true
            setpriv --reuid {{TestUser.Second.Uid}} --regid {{TestUser.Second.Gid}} --clear-groups python3 -c '
            import socket
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.connect("/run/systemd/journal/socket")
            line = b"{\"kerr\":1,\"trust\":\"starter\",\"event\":\"start\",\"uid\":{{TestUser.First.Uid}},\"pid\":1}"
            s.send(b"_UID=0\nSYSLOG_IDENTIFIER=kerr-audit\n_UID=0\nMESSAGE=" + line + b"\n")'
            journalctl --sync 2>/dev/null || sleep 2
            {{Tree.Bin("kerr")}} trace collect --store {{store}}
            {{Tree.Bin("kerr")}} trace collect --store {{store}}
            kill $journald
            wait $journald || true
            """;
        (As.Root.OnHost(script) with { Profile = Profile.Root }).Named("/bin/true").Run().Succeeds();

        TracedLaunch launch = Assert.Single(new TraceQuery { Uid = TestUser.First.Uid }.Run(store));
        Assert.Equal(("reported", "start", Images.Directory), (launch.Verdict, launch.Event, launch.Image));
        Assert.StartsWith("exit 5", launch.Ended?.End, StringComparison.Ordinal);
        TracedLaunch lie = Assert.Single(new TraceQuery { Uid = TestUser.Second.Uid }.Run(store));
        Assert.Equal("forged", lie.Verdict);
        Assert.Equal(3, TraceVerification.Of(store, []).Records);       // the second time nothing was new
    }

    [Fact]
    public void A_file_of_syslog_is_read_on_from_where_it_was_read_to_and_proves_nothing()
    {
        string directory = Host.Directory(), store = $"{directory}/store", log = $"{directory}/auth.log";
        const string Record = """{"kerr":1,"trust":"starter","event":"start","uid":1000,"pid":7,"started":1,"reported":{}}""";
        File.WriteAllText(log, $"Nov 27 00:00:01 node kerr-audit: {Record}\nNov 27 00:00:01 node sshd[9]: other\n");
        As.Root.Run("trace", "collect", "--file", log, "--store", store).Succeeds();
        File.AppendAllText(log, $"2026-11-27T00:00:02+01:00 node kerr-audit[12]: {Record}\nNov 27 00:00:03 node kerr-audit: half");
        As.Root.Run("trace", "collect", "--file", log, "--store", store).Succeeds();
        As.Root.Run("trace", "collect", "--file", log, "--store", store).Succeeds();

        List<TracedLaunch> found = new TraceQuery { Pid = 7 }.Run(store);
        Assert.Equal(2, found.Count);
        Assert.All(found, launch => Assert.Equal("unproven", launch.Verdict));
        As.Root.Run("trace", "collect", "--file", $"{directory}/none", "--store", store).IsFatal("no such file");
    }

    [Fact]
    public void Users_cannot_read_the_store_and_a_missing_one_is_explained()
    {
        string store = $"{Host.Directory()}/store";
        File.WriteAllText($"{store}.log", "");
        As.Root.Run("trace", "collect", "--file", $"{store}.log", "--store", store).Succeeds();

        As.User.Run("trace", "--store", store).IsFatal("cannot read the store");
        As.Root.Run("trace", "--store", "/no/such/store").IsFatal("cannot read the store");
        As.Root.Run("trace", "--store", store, "--since", "soon").IsFatal("soon is no time");
        As.User.Run("trace", "collect", "--file", $"{store}.log", "--store", "/var/lib/kerr-no-place").IsFatal("cannot write the store");
    }

    private static void EachDeletionIsNamed(string store)
    {
        string segment = Assert.Single(TraceStore.Segments(store));
        string[] lines = File.ReadAllLines(segment);
        for (int i = 0; i < lines.Length; i += Math.Max(1, lines.Length / 25))
        {
            File.WriteAllLines(segment, [.. lines[..i], .. lines[(i + 1)..]]);
            string fault = As.Root.Run("trace", "verify", "--store", store).Ends(255).Err;
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"record {i + 1} is missing"), fault, StringComparison.Ordinal);
        }

        File.WriteAllLines(segment, lines);
    }

    private static void Await(Func<bool> happened)
    {
        for (int i = 0; i < 2000 && !happened(); i++)
        {
            Thread.Sleep(10);
        }

        Assert.True(happened());
    }
}
