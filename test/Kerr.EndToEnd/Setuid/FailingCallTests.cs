using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>Each system call of the privileged path may fail: then nothing runs, nothing is left, and privilege is gone; or it did not matter.</summary>
public sealed class FailingCallTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private const string Look = "grep -E '^(Uid|Gid|Groups|Cap|NoNew|Sig[BIC])' /proc/self/status; awk '{print $4,$5,$6}' /proc/self/mountinfo; id -u; ulimit -c; umask; echo whole";

    [Theory]
    [InlineData("EPERM", 0)]
    [InlineData("ENOMEM", 1)]
    [InlineData("EINTR", 2)]
    public void No_failing_call_leaves_privilege_or_a_half_made_container(string error, int offset)
    {
        Need.Program("strace");
        string plan = tree.Plan("exec", "--pid", "--hostname", "inside", Images.Directory, "/bin/sh", "-c", Look);
        string directory = Host.Directory(TestUser.First);
        string usual = As.User.Named(Programs.Sealed).Run(plan, tree.Starter, "9", "--").Succeeds().Out;
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

            Result result = As.Root.Named("/usr/bin/strace").Run(
                "-qq", "-u", TestUser.First.Name, "-o", directory + "/trace", "-e", $"inject={name}:error={error}:when={ordinal}", Programs.Sealed, plan, tree.Starter, "9", "--");
            bool refused = result.ExitCode == 255 && result.Out.Length == 0;
            bool same = result.ExitCode == 0 && result.Out == usual;
            if (!refused && !same)
            {
                wrong.Append($"{name} #{ordinal}: {result}\n");
            }
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>The calls of the process that executes the starter, each with how often its name came before, until it has become something else.</summary>
    private List<(string, int)> Calls(string plan, string trace)
    {
        Host.Run("strace", "-qq", "-u", TestUser.First.Name, "-o", trace, Programs.Sealed, plan, tree.Starter, "9", "--");
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
