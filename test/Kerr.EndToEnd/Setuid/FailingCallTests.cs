using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>Each system call of the privileged path may fail: then nothing runs, nothing is left, and privilege is gone; or it did not matter.</summary>
public sealed class FailingCallTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    // Where the kernel refuses an overlay the root is made of binds: what counts is what is mounted topmost, and how.
    private const string Look = "grep -E '^(Uid|Gid|Groups|Cap|NoNew|Sig[BIC])' /proc/self/status; "
        + "awk '{ top[$5] = $6 } END { for (place in top) if (place ~ /^\\/($|dev|proc|sys|tmp|var\\/tmp|home)/) print place, top[place] }' /proc/self/mountinfo | sort; "
        + "touch /new 2>/dev/null && echo written; id -u; ulimit -c; umask; echo whole";

    [Theory]
    [InlineData("EPERM", 0, false)]
    [InlineData("ENOMEM", 1, false)]
    [InlineData("EINTR", 2, false)]
    [InlineData("EPERM", 1, true)]
    [InlineData("ENOMEM", 2, true)]
    [InlineData("EINTR", 0, true)]
    public void No_failing_call_leaves_privilege_or_a_half_made_container(string error, int offset, bool kernelImage)
    {
        Need.Program("strace");
        tree.Configure("allow setuid-mount squashfs = yes");
        string image = kernelImage ? SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/failing.sif") : Images.Directory;
        string[] options = kernelImage ? ["--no-mount", "home,tmp,sys,cwd,bind-paths"] : ["--pid", "--hostname", "inside"];
        string plan = tree.Plan(["exec", .. options, image, "/bin/sh", "-c", Look]);
        string directory = Host.Directory(TestUser.First);
        string usual = As.User.Under(SetuidTree.Opening(plan)).Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--").Succeeds().Out;
        List<(string Name, int Ordinal)> calls = Calls(plan, directory + "/trace");
        bool all = Environment.GetEnvironmentVariable("KERR_LONG") == "1";
        var wrong = new StringBuilder();
        for (int i = 0; i < calls.Count; i++)
        {
            // Many calls are of one kind, such as those for each capability and signal: of these a few do by default.
            (string name, int ordinal) = calls[i];
            bool one = all || ((i + offset) % 3 == 0 && (ordinal <= 6 || ordinal % 24 == 0));
            if (!one || name is "execve")
            {
                continue;
            }

            Result result = As.Root.Under(SetuidTree.Opening(plan)).Named("/usr/bin/strace").Run(
                "-qq", "-u", TestUser.First.Name, "-o", directory + "/trace", "-e", $"inject={name}:error={error}:when={ordinal}", Programs.Sealed, plan, tree.Starter, "9", "--");
            bool refused = result.ExitCode == 255 && result.Out.Length == 0;
            bool same = result.ExitCode == 0 && result.Out == usual;

            // A step that may fail by its plan says so, and all that it does is to show less.
            bool less = result.ExitCode == 0 && result.Err.Contains("WARNING: ", StringComparison.Ordinal) && result.Lines[^1] == "whole"
                && result.Lines.Except(usual.Split('\n')).All(static line => line.Length == 0);
            if (!refused && !same && !less)
            {
                wrong.Append($"{name} #{ordinal}: {result}\n");
            }
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>The calls of the process that executes the starter, each with how often its name came before, until it has become something else.</summary>
    private List<(string, int)> Calls(string plan, string trace)
    {
        Host.Run([.. SetuidTree.Opening(plan), "strace", "-qq", "-u", TestUser.First.Name, "-o", trace, Programs.Sealed, plan, tree.Starter, "9", "--"]);
        var calls = new List<(string, int)>();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        bool ours = false;
        foreach (string line in File.ReadLines(trace))
        {
            int open = line.IndexOf('(', StringComparison.Ordinal);
            if (open <= 0 || line[0] is '-' or '+')
            {
                continue;
            }

            string name = line[..open];
            counts[name] = counts.GetValueOrDefault(name) + 1;
            ours |= line.StartsWith($"execve(\"{tree.Starter}\"", StringComparison.Ordinal);
            if (ours)
            {
                calls.Add((name, counts[name]));
            }

            if (name == "execveat")
            {
                break;
            }
        }

        Assert.InRange(calls.Count, 200, 2000);
        return calls;
    }
}
