using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>Descriptors, signals and processes: the payload has the caller's, and nothing of ours outlives it.</summary>
public sealed class StarterProcessTests(StarterHost host) : IClassFixture<StarterHost>
{
    private const ulong NewProc = MountFlags.NewFileSystem | MountFlags.TargetInRoot | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;

    public static TheoryData<int> ClosedStandardDescriptors => [0, 1, 2, 3, 4, 5, 6, 7];

    [Theory]
    [MemberData(nameof(ClosedStandardDescriptors))]
    public void Closed_standard_descriptors_stay_closed_and_open_ones_open(int closed)
    {
        StarterHost.Need();
        string redirections = ((closed & 1) != 0 ? "<&- " : "") + ((closed & 2) != 0 ? ">&- " : "") + ((closed & 4) != 0 ? "2>&- " : "");
        string file = Writable("fds");

        // The shell's own descriptor for the output is 9; what it lists is 0, 1 and 2.
        StarterResult result = host.Run(
            new Launches(host.Image) { Mounts = StarterPayloadTests.BindProc }.Shell("for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && echo $fd >&9; done; true"),
            "sh", "-c", $"exec 9>{file}; exec \"$@\" {redirections}", "sh");

        string expected = ((closed & 1) != 0 ? "" : "0\n") + ((closed & 2) != 0 ? "" : "1\n") + ((closed & 4) != 0 ? "" : "2\n");
        Assert.Equal((0, expected), (result.ExitCode, File.ReadAllText(file)));
    }

    [Fact]
    public void Descriptors_of_the_caller_are_inherited_and_ours_are_not()
    {
        StarterHost.Need();

        // Whoever runs the tests may have descriptors open, too: what the shell itself has is the measure.
        const string list = "for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ $fd -gt 2 ] && [ -e /proc/$$/fd/$fd ] && echo $fd; done; cat <&7";
        string[] before = ["sh", "-c", "exec 7</etc/hostname 8</dev/null; exec \"$@\"", "sh"];
        StarterResult result = host.Run(new Launches(host.Image) { Mounts = StarterPayloadTests.BindProc }.Shell(list), before);
        StarterResult without = host.Run([0], [.. before, "bash", "-c", "eval \"exec $2<&-\"; exec /bin/busybox sh -c \"$0\"", list]); // $2: the plan

        Assert.Contains("7\n8\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(without.Output, result.Output);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Blocked_and_ignored_signals_are_the_caller_s(bool fork, bool appInit)
    {
        StarterHost.Need();

        // SIGCHLD ignored and SIGHUP too; SIGTERM (bit 14) is blocked by env. Whoever runs the tests may ignore or
        // block others: every signal is reset first, and what stays blocked is what the same command has here.
        string[] env = ["env", "--default-signal", "--ignore-signal=CHLD,HUP", "--block-signal=TERM"];
        string[] status = ["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
        StarterResult result = host.Run(Inside(fork, appInit).Run(status), env);
        string here = StarterHost.Plain([.. env, .. status]).Output;

        Assert.Matches("^SigBlk:\t[0-9a-f]{12}[4-7c-f][0-9a-f]{3}\n", here);
        Assert.Matches("SigIgn:\t[0-9a-f]{11}[13579bdf][0-9a-f]{3}[13579bdf]\n", here); // 32 and 33 no program can reset
        Assert.Equal((0, here), (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData(false, "exit 7", 7)]
    [InlineData(true, "exit 7", 7)]
    [InlineData(true, "kill -9 $$", 137)]
    [InlineData(true, "kill -15 $$", 143)]
    [InlineData(false, "exec /bin/sh -c 'exit 255'", 255)]
    public void The_exit_code_is_the_payload_s(bool appInit, string script, int code)
    {
        StarterHost.Need();

        Assert.Equal(code, host.Run(Inside(true, appInit).Shell(script)).ExitCode);
    }

    [Fact]
    public void Process_1_is_appinit_which_shows_nothing_of_itself_and_reaps()
    {
        StarterHost.Need();

        // Process 2 is the shell. A grandchild outlives its parent, and is gone, not a zombie, once it has ended.
        StarterResult result = host.Run(Inside(true, true).Shell("""
            cat /proc/1/comm; echo $$
            cat /proc/1/environ 2>/dev/null; ls /proc/1/fd 2>/dev/null
            (sleep 0.1 & echo $! > /dev/null); sleep 0.5; grep -l Z /proc/[0-9]*/stat; echo done
            """));

        Assert.Equal(("appinit\n2\ndone\n", 0), (result.Output, result.ExitCode));
    }

    [Fact]
    public void Without_appinit_process_1_is_the_payload()
    {
        StarterHost.Need();

        Assert.Equal("1\n", host.Run(Inside(true, false).Shell("echo $$")).Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_outlives_the_payload_ends_with_it(bool appInit)
    {
        StarterHost.Need();
        var residue = new Residue();

        StarterResult result = host.Run(Inside(true, appInit).Shell("sh -c ': busybox-payload; sleep 60; :' >/dev/null 2>&1 <&- & exit 4"));

        Assert.Equal(4, result.ExitCode);
        residue.AssertNone();
    }

    [Theory]
    [InlineData(false, false, "TERM", 143)]
    [InlineData(true, false, "TERM", 3)]
    [InlineData(true, true, "TERM", 3)]
    [InlineData(true, true, "USR1", 4)]
    [InlineData(true, true, "HUP", 5)]
    public void A_signal_to_the_caller_s_process_reaches_the_payload(bool fork, bool appInit, string signal, int code)
    {
        StarterHost.Need();
        string traps = fork ? "trap 'exit 3' TERM; trap 'exit 4' USR1; trap 'exit 5' HUP;" : "";
        using Process process = host.Start(
            Inside(fork, appInit).Shell($"{traps} echo ready; while true; do sleep 0.05; done"), [.. TestUser.Command, "env", "--default-signal=HUP,TERM,USR1"]);
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        Kill(process.Id, signal);

        Assert.Equal(code, StarterHost.Finish(process).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_survives_when_the_caller_s_process_is_killed(bool appInit)
    {
        StarterHost.Need();
        var residue = new Residue();
        using Process process = host.Start(Inside(true, appInit).Shell(": busybox-payload; echo ready; sleep 60; :"), TestUser.Command);
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        Kill(process.Id, "KILL");

        StarterHost.Finish(process);
        residue.AssertNone();
    }

    [Fact]
    public void Nothing_survives_a_kill_at_any_moment_of_a_launch()
    {
        StarterHost.Need();
        var residue = new Residue();
        var random = new Random(7);
        for (int i = 0; i < 50; i++)
        {
            using Process process = host.Start(Inside(true, true).Shell(": busybox-payload; sleep 60; :"), TestUser.Command);
            Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(8000)));
            Kill(process.Id, "KILL");
            StarterHost.Finish(process);
        }

        residue.AssertNone();
    }

    [Fact]
    public void The_processes_that_wait_hold_nothing_of_the_caller()
    {
        StarterHost.Need();
        using Process process = host.Start(Inside(true, true).Shell("echo ready; cat"), [.. TestUser.Command, "sh", "-c", "exec 7</etc/hostname; exec \"$@\"", "sh"]);
        Assert.Equal("ready", process.StandardOutput.ReadLine());

        // Only the pipe by which process 1 notices its end, the one that tells when the launch is over, and its /proc. The
        // payload may have spoken before the process that started it ran again, so it has a moment to let go of the rest.
        string[] held = [];
        for (int i = 0; i < 500 && held.Length != 3; i++)
        {
            Thread.Sleep(10);
            held = Array.ConvertAll(Directory.GetFileSystemEntries($"/proc/{process.Id}/fd"), link => File.ResolveLinkTarget(link, false)!.Name);
            Array.Sort(held);
        }

        Assert.Matches("^ pipe:.* pipe:[^ ]*$", string.Join(' ', held)); // its /proc is detached: what is left of the name is "/"
        Assert.Equal("kerr", File.ReadAllText($"/proc/{process.Id}/comm").Trim());
        process.StandardInput.Close();

        Assert.Equal(0, StarterHost.Finish(process).ExitCode);
    }

    [Fact]
    public void A_user_with_a_range_of_ids_gets_them_all_by_newuidmap()
    {
        StarterHost.Need();
        Kerr.Tests.Need.Program("newuidmap");
        if (!File.Exists("/etc/subuid") || !File.ReadAllText("/etc/subuid").Contains($"{TestUser.Name}:", StringComparison.Ordinal))
        {
            Kerr.Tests.Need.Missing($"a range of ids for {TestUser.Name} in /etc/subuid");
        }

        string[] range = Array.Find(File.ReadAllLines("/etc/subuid"), line => line.StartsWith(TestUser.Name + ":", StringComparison.Ordinal))!.Split(':');
        (int uid, int gid) = Launches.UserIds();
        StarterResult good = host.Run(Mapped(range[1]), "env", "--ignore-signal=CHLD");
        StarterResult refused = host.Run(Mapped("1")); // a range that is not the user's

        Assert.Equal("", good.Errors);
        Assert.Equal($"uid=0(root) gid=0(root) groups=0(root)\n         0       {uid}          1\n", good.Output[..(good.Output.IndexOf("\n         1 ", StringComparison.Ordinal) + 1)]);
        Assert.Equal(0, good.ExitCode);
        Assert.Equal(255, refused.ExitCode);
        Assert.EndsWith("FATAL:   no range: Operation not permitted (EPERM)\n", refused.Errors, StringComparison.Ordinal);

        byte[] Mapped(string first)
        {
            var plan = new PlanBuilder();
            string newuidmap = "/usr/bin/newuidmap", newgidmap = "/usr/bin/newgidmap";
            plan.Add(
                    StepKind.Unshare, flags: Launches.Mount | Launches.Users, failures: plan.Failures((1, "no range", null)),
                    data: plan.Vector(newuidmap, "0", $"{uid}", "1", "1", first, "1000"), extra: plan.Vector(newgidmap, "0", $"{gid}", "1", "1", first, "1000"))
                .Add(StepKind.Session)
                .Add(StepKind.Directory, target: "image", number: 0x1ED)
                .Add(StepKind.Mount, host.Image, "image", flags: MountFlags.SourceOnHost | MountFlags.ReadOnly)
                .Add(StepKind.Root, "image", flags: RootFlags.Overlay | RootFlags.UserXattr)
                .Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind)
                .Add(StepKind.Enter)
                .Add(StepKind.Exec, data: plan.Candidates(("/bin/sh", ["sh", "-c", "id; cat /proc/self/uid_map"], 0)), extra: plan.Vector("PATH=/bin"));
            return plan.Build();
        }
    }

    [Theory]
    [InlineData("ulimit -n 3")]
    [InlineData("ulimit -f 0")]
    [InlineData("ulimit -v 40")]
    [InlineData("ulimit -n 16; ulimit -v 4000")]
    public void Odd_limits_end_in_a_message_or_in_a_launch(string limit)
    {
        StarterHost.Need();
        var residue = new Residue();

        StarterResult result = host.Run(Inside(true, true).Run("/bin/true"), "sh", "-c", $"{limit}; exec \"$@\"", "sh");

        // Below what an exec needs at all, the shell or the kernel ends it before we are there.
        Assert.True(
            result.ExitCode == 0 || (result.ExitCode == 255 && result.Errors.StartsWith("FATAL:   ", StringComparison.Ordinal)) || result.Errors.StartsWith("sh: ", StringComparison.Ordinal)
            || limit.EndsWith("-v 40", StringComparison.Ordinal),
            $"exit code {result.ExitCode}: {result.Errors}");
        residue.AssertNone();
    }

    private static void Kill(int process, string signal)
    {
        using Process kill = Process.Start("/bin/kill", ["-" + signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private string Writable(string name)
    {
        string path = Path.Combine(host.Folder, name);
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
        return path;
    }

    private Launches Inside(bool fork, bool appInit) => new(host.Image)
    {
        Namespaces = Launches.Mount | Launches.Users | (fork ? Launches.Processes : 0),
        Fork = fork,
        AppInit = appInit,
        Mounts = plan => plan.Add(StepKind.Mount, fork ? "proc" : "/proc", "/proc", flags: fork ? NewProc : Launches.HostBind),
    };
}
