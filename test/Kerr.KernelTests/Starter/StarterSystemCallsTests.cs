using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>
/// The system calls of a usual launch are a committed list, so that a change to what the starter asks of the kernel is seen
/// in review; and each of them may fail without anything being left or any isolation being lost.
/// </summary>
public sealed class StarterSystemCallsTests : IClassFixture<StarterHost>
{
    // What the payload finds around it. Namespaces are compared with the host's afterwards.
    private const string Look = """
        while read -r line; do case $line in Cap*|NoNewPrivs*|Uid*|Gid*|Groups*|Seccomp:*|Sig*) echo "$line";; esac; done < /proc/self/status
        cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
        for ns in user mnt ipc uts; do echo "$ns $(readlink /proc/$$/ns/$ns)"; done
        echo "umask $(umask) directory $(pwd) root $(echo /* /.*)"
        for fd in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 100 101 102; do readlink /proc/$$/fd/$fd; done
        while read -r a b c root point options rest; do echo "$root $point $options"; done < /proc/self/mountinfo
        cat /etc/passwd /etc/group
        env
        """;

    private readonly StarterHost host;
    private readonly string traceFile;

    public StarterSystemCallsTests(StarterHost host)
    {
        this.host = host;
        string folder = Path.Combine(host.Folder, "trace");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
        traceFile = Path.Combine(folder, "calls");
    }

    private static string Golden => Path.Combine(StarterHost.Repository, "test/data/starter-syscalls.txt");

    [Fact]
    public void System_calls_of_a_usual_launch_equal_the_committed_list()
    {
        Need();

        List<string> calls = SystemCallTrace.Summary(Trace());

        if (System.Environment.GetEnvironmentVariable("KERR_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllLines(Golden, calls);
        }

        Assert.Equal(File.ReadAllLines(Golden), calls);
    }

    [Theory]
    [InlineData("EPERM", 0)]
    [InlineData("ENOMEM", 1)]
    [InlineData("ENOSYS", 2)]
    public void No_failing_system_call_costs_isolation(string error, int third)
    {
        bool all = System.Environment.GetEnvironmentVariable("KERR_LONG") == "1"; // else each call fails in one way only
        Need();
        List<TracedCall> calls = Trace();
        string usual = Normalized(host.Run(Usual()).Output);
        Assert.Contains("NoNewPrivs:\t1", usual, StringComparison.Ordinal);
        Assert.Contains("user own", usual, StringComparison.Ordinal);
        var residue = new Residue();
        var wrong = new StringBuilder();
        string before = "";
        int number = 0;
        foreach (TracedCall call in calls)
        {
            // Before main there is only the C library (arch_prctl, set_tid_address) and what started us.
            bool ours = call.Name is not ("arch_prctl" or "set_tid_address") && (call.Name != "execve" || call.Ordinal > 1);
            bool again = call.ToString() == before && call.Detail.StartsWith("PR_CAPBSET", StringComparison.Ordinal) && call.Ordinal % 16 != 0;
            before = call.ToString();
            if (!ours || again || (number++ % 3 != third && !all))
            {
                continue;
            }

            StarterResult result = host.Run(
                Usual(), "strace", "-qq", "-o", traceFile, "-e", $"inject={call.Name}:error={error}:when={call.Ordinal}");
            bool refused = result.ExitCode == 255 && result.Output.Length == 0 && (result.Errors.Contains("FATAL:   ", StringComparison.Ordinal) || call.Name == "write");
            bool same = result.ExitCode == 0 && Normalized(result.Output) == usual;
            if (!refused && !same)
            {
                wrong.Append($"{call} #{call.Ordinal}: exit code {result.ExitCode}\n{result.Errors}{Difference(usual, Normalized(result.Output))}\n");
            }
        }

        Assert.Equal("", wrong.ToString());
        residue.AssertNone();
    }

    private static void Need()
    {
        StarterHost.Need();
        Kerr.Tests.Need.Program("strace");
    }

    private static string Difference(string usual, string other)
    {
        string[] expected = usual.Split('\n'), got = other.Split('\n');
        for (int i = 0; i < expected.Length; i++)
        {
            if (i >= got.Length || expected[i] != got[i])
            {
                return $"expected: {expected[i]}\nfound:    {(i < got.Length ? got[i] : "nothing")}";
            }
        }

        return other.Length > usual.Length ? $"found more: {other[usual.Length..]}" : "";
    }

    /// <summary>The payload's findings with namespaces as "own" or "host".</summary>
    private static string Normalized(string output)
    {
        string[] lines = output.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ');
            if (words.Length == 2 && words[1].StartsWith(words[0] + ":[", StringComparison.Ordinal))
            {
                string ours = new FileInfo($"/proc/self/ns/{words[0]}").LinkTarget!;
                lines[i] = $"{words[0]} {(words[1] == ours ? "host" : "own")}";
            }
        }

        return string.Join('\n', lines);
    }

    private List<TracedCall> Trace()
    {
        StarterResult result = host.Run(Usual(), "strace", "-qq", "-o", traceFile);
        Assert.Equal("", result.Errors);
        Assert.Equal(0, result.ExitCode);
        List<TracedCall> calls = SystemCallTrace.Parse(File.ReadLines(traceFile));
        File.Delete(traceFile);
        return calls;
    }

    /// <summary>A launch with what most launches have.</summary>
    private byte[] Usual() => new Launches(host.Image)
    {
        Namespaces = Launches.Mount | Launches.Users | Launches.Ipc | Launches.Uts,
        Mounts = plan => plan
            .Add(StepKind.HostName, "inside")
            .Add(StepKind.Mount, "/proc", "/proc", flags: Launches.HostBind)
            .Add(StepKind.Mount, "/tmp", "/tmp", flags: Launches.HostBind | MountFlags.SkipSame)
            .Add(StepKind.Mount, "/etc/hosts", "/etc/hosts", flags: Launches.HostBind | MountFlags.ReplaceSymlink | MountFlags.ReadOnly)
            .Add(StepKind.Passwd, "/etc/passwd", "passwd", plan.Text("me:x:5:5::/me:/bin/sh"), plan.Text("/me"), number: 5)
            .Add(StepKind.Mount, "passwd", "/etc/passwd", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.NoSuid | MountFlags.NoDev)
            .Add(StepKind.Group, "/etc/group", "group", plan.Vector("me:x:5:"))
            .Add(StepKind.Mount, "group", "/etc/group", flags: MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.NoSuid | MountFlags.NoDev)
            .Add(StepKind.Umask, number: 0x12),
        Environment = ["PATH=/bin", "HOME=/me", "PWD=/"],
    }.Shell(Look);
}
