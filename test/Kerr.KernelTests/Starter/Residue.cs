using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>What a launch could leave behind: mounts here, processes of the test user, loop devices.</summary>
internal sealed class Residue
{
    private readonly string mounts = Mounts();
    private readonly HashSet<string> processes = Processes();

    /// <summary>Fails when something is here, after a second of grace, that was not here before.</summary>
    public void AssertNone()
    {
        HashSet<string> left = [];
        for (int i = 0; i < 100; i++)
        {
            left = Processes();
            left.ExceptWith(processes);
            if (left.Count == 0)
            {
                break;
            }

            Thread.Sleep(10);
        }

        Assert.Empty(left);
        Assert.Equal(mounts, Mounts());
    }

    private static string Mounts() => File.ReadAllText("/proc/self/mountinfo");

    private static HashSet<string> Processes()
    {
        var found = new HashSet<string>();
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                string name = Path.GetFileName(folder);
                string command = char.IsDigit(name[0]) ? File.ReadAllText(folder + "/cmdline").Replace('\0', ' ') : "";
                if (command.Contains("kerr-starter", StringComparison.Ordinal) || command.Contains("busybox-payload", StringComparison.Ordinal))
                {
                    found.Add($"{name} {command}");
                }
            }
            catch (IOException)
            {
                // it ended meanwhile
            }
        }

        return found;
    }
}
