using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>A control group of this host, as a batch system makes one for a job. It is removed at the end.</summary>
internal sealed class ControlGroup : IDisposable
{
    private readonly string directory;

    public ControlGroup(string name)
    {
        // Version 1 has a hierarchy for each controller; what a process is in, all of them tell.
        string hierarchy = Directory.Exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
        Need.Feature(File.Exists($"{hierarchy}/cgroup.procs"), "control groups");
        directory = $"{hierarchy}/{Path.GetFileName(Tree.Run)}-{name}";
        Directory.CreateDirectory(directory);
    }

    public List<int> Processes
        => [.. Array.ConvertAll(File.ReadAllText($"{directory}/cgroup.procs").Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>The caller, in this group.</summary>
    public Caller Enter(Caller caller) => caller.OnHost($"echo $$ > {directory}/cgroup.procs");

    /// <summary>Kills whatever is in it until nothing is.</summary>
    public void Kill()
    {
        for (int i = 0; i < 1000 && Processes is { Count: > 0 } processes; i++)
        {
            foreach (int process in processes)
            {
                _ = LibC.kill(process, 9);
            }

            Thread.Sleep(5);
        }
    }

    public void Dispose()
    {
        Kill();
        for (int i = 0; i < 200 && Directory.Exists(directory); i++)
        {
            try
            {
                Directory.Delete(directory);
            }
            catch (IOException)
            {
                Thread.Sleep(10);       // EBUSY until what was killed is gone
            }
        }
    }
}
