using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Faults;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Processes;

/// <summary>Launches of one job have one mount of an image and one server. (What stays is looked for after each test.)</summary>
public class SharedImageTests
{
    private const int Kill = 9, Stop = 19, Continue = 18, Terminate = 15;
    private const string Server = "kerr-image-serv", Keeper = "kerr-keeper", Holder = "kerr-holder"; // a process's name has 15 bytes

    private static readonly string[] Wait = ["sh", "-c", "trap 'exit 0' TERM; cat /data/first; echo ready; while [ ! -e /tmp/never ]; do sleep 0.02; done"];

    [Fact]
    public void Launches_with_all_kinds_of_views_have_one_server()
    {
        string image = Image(), directory = Host.Directory(TestUser.First);
        string[][] options =
        [
            [], ["--contain"], ["--containall"], ["--bind", $"{directory}:/mnt"], ["--writable-tmpfs"], ["--pid", "--no-init"], ["--net", "--network", "none"],
            ["--underlay"], ["--no-home"],
        ];
        var running = new List<Running>();
        foreach (string[] some in options)
        {
            running.Add(As.User.Start(["exec", .. some, image, .. Wait]));
        }

        running.ForEach(one => one.WaitFor("first\nready"));
        Assert.Equal((1, 1, 1), (Named(Server).Count, Named(Keeper).Count, Named(Holder).Count));
        running.ForEach(one => one.Signal(Terminate));
        running.ForEach(one => one.Wait().Ends(0));
    }

    [Fact]
    public void Nothing_that_a_launch_starts_ends_by_a_signal()
    {
        Need.Program("strace");
        string trace = $"{Host.Directory(TestUser.First)}/trace";
        As.User.Under("strace", "-f", "-q", "-e", "trace=none", "-o", trace).Run("exec", Images.Sif, "/bin/true").Succeeds();
        string[] lines = File.ReadAllLines(trace);
        Assert.DoesNotContain(lines, line => line.Contains("killed by", StringComparison.Ordinal));
        Assert.True(lines.Length > 4, string.Join('\n', lines));     // the launch, keeper, holder, server
    }

    [Fact]
    public void Where_the_keeper_dies_at_once_each_launch_serves_itself()
    {
        string tree = $"{Host.Directory()}/out";
        Tree.CopyTo(tree);
        File.Copy("/bin/false", $"{tree}/libexec/kerr/kerr-keeper", overwrite: true);
        for (int i = 0; i < 100; i++)
        {
            As.User.Named($"{tree}/bin/kerr").Run("exec", Images.Sif, "/bin/echo", "here").Prints("here");
        }
    }

    [Fact]
    public void Two_hundred_and_fifty_six_at_once_have_one_server()
    {
        string image = Image();
        var running = new List<Running>();
        for (int i = 0; i < 256; i++)
        {
            running.Add(As.User.Start("exec", image, "sh", "-c", "cat /data/first; echo ready; sleep 3"));
        }

        running.ForEach(one => one.WaitFor("first\nready"));
        Assert.True(Named(Server).Count <= 1, "there is more than one server");
        running.ForEach(one => one.Wait().Ends(0));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    public void Many_at_once_with_views_of_their_own_have_one_server(int count)
    {
        if (count > 64 && Rounds.Of(1) == 1)
        {
            count = 100;        // every day
        }

        string image = Image(), directory = Host.Directory(TestUser.First);
        Host.Write(directory + "/bound", "bound\n");
        string[][] options =
        [
            [], ["--contain"], ["--bind", $"{directory}:/mnt"], ["--writable-tmpfs"], ["--containall"], ["--bind", $"{directory}/bound:/opt/{{0}}"], ["--underlay"],
            ["--no-home", "--cleanenv"], ["--scratch", "/srv"], ["--env", "NUMBER={0}"],
        ];
        // A /tmp of its own, as batch systems give, with the files of this run in the place where they are.
        Caller elsewhere = As.User.OnHost($"mount --bind {Tree.Run} /mnt; mount -t tmpfs -o mode=1777 none /tmp; mkdir -p {Tree.Run}; mount --move /mnt {Tree.Run}; echo private > /tmp/mark");
        var running = new List<Running>();
        for (int i = 0; i < count; i++)
        {
            string number = i.ToString(CultureInfo.InvariantCulture);
            string[] some = Array.ConvertAll(options[i % options.Length], option => option.Replace("{0}", number, StringComparison.Ordinal));
            bool sees = i % 3 == 2 && some is not ["--contain"] and not ["--containall"];
            Caller caller = (i % 3 == 2 ? elsewhere : As.User) with { Timeout = TimeSpan.FromSeconds(120) };
            running.Add(caller.Start(["exec", .. some, image, "sh", "-c", $"cat /data/first {(sees ? "/tmp/mark" : "")}; echo ready; exec sleep 1000"]));
        }

        for (int i = 0; i < count; i++)
        {
            running[i].WaitFor("ready");
            Assert.Equal(running[i].Out.Contains("private", StringComparison.Ordinal), i % 3 == 2 && options[i % options.Length] is not ["--contain"] and not ["--containall"]);
        }

        Assert.Equal((1, 1, 1), (Named(Server).Count, Named(Keeper).Count, Named(Holder).Count));
        running.ForEach(one => one.Signal(Kill));
        running.ForEach(one => one.Wait());
    }

    [Fact]
    public void The_first_launch_may_end_first()
    {
        string image = Image();
        using Running first = As.User.Start(["exec", image, .. Wait]);
        first.WaitFor("ready");
        using Running second = As.User.Start("exec", image, "sh", "-c", "echo ready; read line; cat /data/second");
        using Running third = As.User.Start(["exec", image, .. Wait]);
        third.WaitFor("ready");
        first.Signal(Kill).Wait();
        second.WaitFor("ready");
        As.User.Run("exec", image, "cat", "/data/second").Prints("second");
        Assert.Single(Named(Server));
        third.Signal(Terminate).Wait().Ends(0);
        second.Wait().Ends(0);
    }

    [Fact]
    public void When_the_server_dies_what_runs_is_told_and_what_starts_gets_another()
    {
        string image = Image();
        using Running running = As.User.Start("exec", image, "/bin/busybox", "sh", "-c", "cat /data/first; trap 'cat /data/second; exit 0' TERM; echo ready; while :; do read line; done");
        running.WaitFor("ready");
        Signal(Assert.Single(Named(Server)), Kill);

        As.User.Run("exec", image, "cat", "/data/first").Prints("first");
        running.Signal(Kill).Wait().EndsBySignal(Kill);
    }

    [Theory]
    [InlineData(Keeper, Kill)]
    [InlineData(Holder, Kill)]
    [InlineData(Keeper, Stop)]
    [InlineData(Holder, Stop)]
    public void Without_a_keeper_what_runs_goes_on_and_what_starts_does_too(string process, int signal)
    {
        string image = Image();
        using Running running = As.User.Start("exec", image, "sh", "-c", "trap 'cat /data/second; exit 0' TERM; echo ready; while :; do sleep 0.02; done");
        running.WaitFor("ready");
        int hit = Assert.Single(Named(process));
        Signal(hit, signal);

        As.User.Run("exec", image, "cat", "/data/first").Prints("first");
        Assert.Contains("second", running.Signal(Terminate).Wait().Ends(0).Out, StringComparison.Ordinal);
        if (signal == Stop)
        {
            Signal(hit, Continue);
        }
    }

    [Fact]
    public void An_image_that_was_made_anew_at_the_same_path_is_another()
    {
        string image = Image();
        using Running running = As.User.Start(["exec", image, .. Wait]);
        running.WaitFor("ready");
        string other = new ImageTree().Copy("/bin/busybox", "/bin/busybox").Link("/bin/cat", "busybox").File("/data/first", "another\n").Sif();
        File.Move(other, image, overwrite: true);

        As.User.Run("exec", image, "cat", "/data/first").Prints("another");
        running.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void The_end_of_one_job_takes_nothing_from_another()
    {
        string image = Image();
        using Running first = As.User.With("SLURM_JOB_ID=1").Start(["exec", image, .. Wait]);
        first.WaitFor("ready");
        List<int> ofTheFirst = [.. Named(Server), .. Named(Keeper), .. Named(Holder)];
        using Running second = As.User.With("SLURM_JOB_ID=2").Start("exec", image, "sh", "-c", "trap 'cat /data/second; exit 0' TERM; echo ready; while :; do sleep 0.02; done");
        second.WaitFor("ready");
        Assert.Equal(2, Named(Server).Count);

        first.Signal(Kill).Wait();
        ofTheFirst.ForEach(process => Signal(process, Kill));

        Assert.Contains("second", second.Signal(Terminate).Wait().Ends(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_system_that_kills_all_of_a_job_leaves_the_other_one_s_image_alone()
    {
        string image = Image(), directory = Host.Directory(TestUser.First);
        using var first = new ControlGroup("first");
        using var second = new ControlGroup("second");
        using Running begun = first.Enter(As.User).Start(["exec", image, .. Wait]);
        begun.WaitFor("ready");
        using Running bound = first.Enter(As.User).Start(["exec", "--bind", $"{directory}:/mnt", image, .. Wait]);
        bound.WaitFor("ready");
        using Running other = second.Enter(As.User).Start("exec", "--contain", image, "sh", "-c", "trap 'cat /data/second; exit 0' TERM; echo ready; while :; do sleep 0.02; done");
        other.WaitFor("ready");
        Assert.Equal((2, 2, 2), (Named(Server).Count, Named(Keeper).Count, Named(Holder).Count));
        Assert.InRange(first.Processes.Count, 5, int.MaxValue);     // what serves a job is in it

        first.Kill();

        begun.Wait().EndsBySignal(Kill);
        bound.Wait().EndsBySignal(Kill);
        second.Enter(As.User).Run("exec", image, "cat", "/data/first").Prints("first");
        Assert.Equal((1, 1, 1), (Named(Server).Count, Named(Keeper).Count, Named(Holder).Count));
        Assert.Contains("second", other.Signal(Terminate).Wait().Ends(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_sharing_each_launch_has_its_own()
    {
        string image = Image();
        using Running first = As.User.Start(["exec", "--no-share-image", image, .. Wait]);
        using Running second = As.User.With("APPTAINER_NO_SHARE_IMAGE=1").Start(["exec", image, .. Wait]);
        first.WaitFor("ready");
        second.WaitFor("ready");
        Assert.Equal((2, 0), (Named(Server).Count, Named(Keeper).Count));
        first.Signal(Terminate).Wait().Ends(0);
        second.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void Launches_of_a_job_read_each_other_s_memory()
    {
        string image = Images.New().Copy("/bin/meeting", Programs.Meeting).Sif();
        using Running neighbour = As.User.Start("exec", image, "meeting", "memory");
        string[] where = neighbour.WaitFor("\n").Out.Trim().Split(' ');
        As.User.Run("exec", "--bind", "/tmp:/mnt", image, "meeting", "read", where[0], where[1]).Prints("text of a neighbour");
        As.User.Run("exec", "--no-share-image", image, "meeting", "read", where[0], where[1]).Prints("Operation not permitted");
        neighbour.Signal(Kill).Wait();
    }

    [Fact]
    public void A_guest_of_a_container_is_refused()
    {
        string image = Images.New().Copy("/bin/meeting", Programs.Meeting).Sif();
        using Running running = As.User.Start(["exec", image, "sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done"]);
        running.WaitFor("ready");
        foreach (string option in (string[])["--containall", "--contain", "--no-home", "--no-share-image"])
        {
            As.User.Run("exec", option, image, "meeting", "ask").Prints("refused");
        }

        As.OtherUser.Named(Programs.Meeting).Run("ask").Prints("refused");
        As.User.Named(Programs.Meeting).Run("ask").Prints("served");        // so the question is a good one
        running.Signal(Terminate).Wait().Ends(0);
    }

    [Theory]
    [InlineData("--containall")]
    [InlineData("--pid")]
    public void A_payload_with_processes_of_its_own_is_not_looked_into(string option)
    {
        string image = Image();
        using Running hidden = As.User.With("APPTAINERENV_TOKEN=of_the_hidden_one").Start(["exec", option, image, .. Wait]);
        using Running open = As.User.With("APPTAINERENV_TOKEN=of_the_open_one").Start(["exec", image, .. Wait]);
        hidden.WaitFor("ready");
        open.WaitFor("ready");

        string seen = As.User.Run("exec", "--contain", image, "sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep ^TOKEN= | sort -u; true").Succeeds().Line;

        Assert.Equal("TOKEN=of_the_open_one", seen);    // that ranks can look into each other is what the namespace is shared for
        hidden.Signal(Kill).Wait();
        open.Signal(Terminate).Wait().Ends(0);
    }

    [Fact]
    public void A_root_inside_shares_nothing()
    {
        string image = Image();
        using Running running = As.Fakeroot.Start(["exec", image, .. Wait]);
        running.WaitFor("ready");
        Assert.Empty(Named(Keeper));
        running.Signal(Kill).Wait();
    }

    [Fact]
    public void Who_takes_the_name_stops_nobody()
    {
        string image = Image();
        string plan = As.User.Run("explain", "exec", image, "true").Succeeds().Out;
        int at = plan.IndexOf("kerr-" + TestUser.First.Uid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        string name = plan[at..].Split((char[]?)null)[0].TrimEnd(',', ')', '"');
        using Running squatter = As.OtherUser.Named(Programs.Meeting).Start("squat", name);
        squatter.WaitFor("taken");

        As.User.Run("exec", image, "cat", "/data/first").Prints("first");
        Assert.Empty(Named(Keeper));
        squatter.Signal(Kill).Wait();
    }

    [Fact]
    public void Kills_at_any_moment_leave_nothing_and_stop_nobody_else()
    {
        string image = Image();
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var before = Residue.Now();
        for (int i = 0, rounds = 2 * Rounds.Of(10); i < rounds; i++)
        {
            using Running first = As.User.Start("exec", image, "sleep", "100");
            using Running second = As.User.Start("exec", random.Next(2) == 0 ? "--containall" : "--contain", image, "sleep", "100");
            Thread.Sleep(random.Next(0, 12));
            string victim = ((string[])[Server, Keeper, Holder, ""])[random.Next(4)];
            foreach (int process in victim.Length == 0 ? [first.Pid] : Named(victim))
            {
                _ = LibC.kill(process, Kill);
            }

            if (victim == Keeper || victim == Holder)
            {
                Assert.True(As.User.Run("exec", image, "cat", "/data/first").Line == "first", $"seed {seed}, round {i}");
            }

            first.Signal(Kill).Wait();
            second.Signal(Kill).Wait();
            before.Check(seconds: 2);
        }
    }

    private static string Image() => Images.New().File("/data/first", "first\n").File("/data/second", "second\n").Sif();

    /// <summary>The live processes of the first test user that bear a name.</summary>
    private static List<int> Named(string name)
    {
        var found = new List<int>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (char.IsAsciiDigit(directory[6]) && File.ReadAllText(directory + "/comm").TrimEnd() == name)
                {
                    string status = File.ReadAllText(directory + "/status");
                    bool ours = status.Contains($"\nUid:\t{TestUser.First.Uid}\t", StringComparison.Ordinal);
                    if (ours && !status.Contains("\nState:\tZ", StringComparison.Ordinal))
                    {
                        found.Add(int.Parse(directory[6..], CultureInfo.InvariantCulture));
                    }
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    private static void Signal(int process, int signal)
    {
        _ = LibC.kill(process, signal);
        Thread.Sleep(signal == Kill ? 50 : 0);
    }
}
