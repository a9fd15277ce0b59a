using System;
using System.Collections.Generic;

namespace Kerr.KernelTests.Starter;

/// <summary>One system call of a traced launch: its name, the first argument where that says what it does, and how often it came before.</summary>
internal readonly record struct TracedCall(string Name, string Detail, int Ordinal)
{
    public override string ToString() => Detail.Length == 0 ? Name : $"{Name} {Detail}";
}

/// <summary>The calls of the starter as strace wrote them, up to the execution of the payload.</summary>
internal static class SystemCallTrace
{
    public static List<TracedCall> Parse(IEnumerable<string> lines)
    {
        var calls = new List<TracedCall>();
        var counts = new Dictionary<string, int>();
        foreach (string line in lines)
        {
            int open = line.IndexOf('(', StringComparison.Ordinal);
            if (open <= 0 || line.StartsWith("+++", StringComparison.Ordinal) || line.StartsWith("---", StringComparison.Ordinal))
            {
                continue;
            }

            string name = line[..open];
            counts[name] = counts.GetValueOrDefault(name) + 1;
            calls.Add(new TracedCall(name, Detail(name, line[(open + 1)..]), counts[name]));
            if (name == "execve" && counts[name] == 2)
            {
                break; // the payload from here on
            }
        }

        return calls;
    }

    /// <summary>The list that is committed: one call a line; runs of one capability operation, as long as the kernel has capabilities, are one.</summary>
    public static List<string> Summary(List<TracedCall> calls)
    {
        var lines = new List<string>();
        foreach (TracedCall call in calls)
        {
            string line = call.ToString();
            bool counted = line.StartsWith("prctl PR_CAPBSET_", StringComparison.Ordinal);
            if (!counted || lines.Count == 0 || lines[^1] != line)
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    private static string Detail(string name, string arguments)
    {
        int which = name switch
        {
            "prctl" or "unshare" => 0,
            "fcntl" or "fsconfig" => 1,
            "mount" => 2,
            _ => -1,
        };
        string[] parts = arguments.TrimEnd().Split(", ");
        return which < 0 || which >= parts.Length ? "" : parts[which].Split(')')[0];
    }
}
