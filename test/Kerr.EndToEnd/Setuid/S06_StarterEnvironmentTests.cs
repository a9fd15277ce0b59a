using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Setuid;

/// <summary>S06: no variable steers the setuid starter, whoever executes it (CVE-2018-19295). Its calls are a committed list, too (S51).</summary>
public sealed partial class S06_StarterEnvironmentTests(SetuidTree tree) : IClassFixture<SetuidTree>
{
    private static readonly string[] Junk =
    [
        "SINGULARITY_CONFIG_FILE=/tmp/evil.conf", "SINGULARITY_BIND=/root", "SINGULARITY_DEBUG=1", "SINGULARITY_TMPDIR=/root", "APPTAINER_CONFIG_FILE=/tmp/evil.conf",
        "APPTAINER_MESSAGELEVEL=9", "APPTAINER_ALLOW_SETUID=1", "KERR_CONFIG_FILE=/tmp/evil.conf", "KERR_OUT=/tmp", "DOTNET_GCHeapHardLimit=1", "DOTNET_DbgEnableMiniDump=1",
        "DOTNET_STARTUP_HOOKS=/tmp/evil.dll", "LD_PRELOAD=/tmp/evil.so", "LD_LIBRARY_PATH=/tmp", "LD_AUDIT=/tmp/evil.so", "GLIBC_TUNABLES=glibc.malloc.check=3", "MALLOC_CHECK_=3",
        "PATH=/tmp", "HOME=/root", "TMPDIR=/root", "LANG=../../tmp", "=", "no equals sign", "",
    ];

    [Fact]
    public void Its_system_calls_with_any_environment_are_those_of_the_empty_one()
    {
        string plan = tree.Plan("exec", Images.Directory, "/bin/true");
        List<string> empty = Calls(plan, []);
        Assert.True(empty.Count > 100, $"only {empty.Count} calls");
        Assert.Equal(empty, Calls(plan, Junk));
    }

    [Fact]
    public void The_calls_of_its_main_path_are_a_committed_list_without_one_that_removes_a_file()
    {
        string golden = Path.Combine(SetuidTree.Source, "test/data/starter-suid-syscalls.txt");
        var names = new SortedSet<string>(StringComparer.Ordinal);
        tree.Configure("allow setuid-mount squashfs = yes", "limit container paths = /tmp, /opt");
        string image = SetuidLaunchTests.Copy(Images.Sif, tree.Images + "/golden.sif");
        foreach (string[] command in (string[][])
            [["exec", Images.Directory, "/bin/true"], ["exec", "-C", "--hostname", "inside", "--net", "--network", "none", Images.Directory, "/bin/true"], ["exec", image, "/bin/true"]])
        {
            foreach (string call in Calls(tree.Plan(command), []))
            {
                names.Add(call[..call.IndexOf('(', StringComparison.Ordinal)]);
            }
        }

        if (Environment.GetEnvironmentVariable("KERR_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllLines(golden, names);
        }

        Assert.Equal(File.ReadAllLines(golden), names);
        Assert.Empty(names.Intersect(["unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "truncate", "ftruncate", "creat", "open", "mknod", "mknodat", "chown", "fchownat"]));
    }

    /// <summary>What the privileged process calls, from its first instruction until it has become another program. Numbers that differ from run to run are taken out.</summary>
    private List<string> Calls(string plan, string[] environment)
    {
        Need.Program("strace");
        string trace = Host.Directory(TestUser.First) + "/trace";
        Host.Run([.. SetuidTree.Opening(plan), "strace", "-qq", "-f", "-u", TestUser.First.Name, "-s", "64", "-o", trace, Programs.Sealed, plan, tree.Starter, "9", "--", .. environment]);
        var calls = new List<string>();
        string? main = null;
        string? cut = null;
        foreach (string line in File.ReadLines(trace))
        {
            string pid = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            string call = line[pid.Length..].TrimStart();
            main ??= call.StartsWith($"execve(\"{tree.Starter}\"", StringComparison.Ordinal) ? pid : null;
            if (pid != main || call.StartsWith("execve(", StringComparison.Ordinal) || call.StartsWith("---", StringComparison.Ordinal) || call.StartsWith("+++", StringComparison.Ordinal))
            {
                continue;
            }

            if (call.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                cut = call[..^"<unfinished ...>".Length].TrimEnd();
                continue;
            }

            if (call.StartsWith("<... ", StringComparison.Ordinal))
            {
                call = cut + call[(call.IndexOf('>', StringComparison.Ordinal) + 1)..];
            }

            calls.Add(Varying().Replace(call, "#").Replace(" ", "", StringComparison.Ordinal));
            if (call.StartsWith("execveat(", StringComparison.Ordinal))
            {
                break;
            }
        }

        return calls;
    }

    [GeneratedRegex(@"""\d+ \(starter-suid\)[^""]*""|0x[0-9a-f]+|\b\d{2,}\b|iov_base=""[^""]*""|si_\w+=\d+")]
    private static partial Regex Varying();
}
