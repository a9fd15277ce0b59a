using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Xunit;

namespace Kerr.EndToEnd.Harness;

/// <summary>What of ours is alive on this host: processes, namespaces, mounts, loop devices, temporary files.</summary>
internal sealed class Residue
{
    private static readonly string[] Namespaces = ["user", "mnt", "pid", "ipc", "net", "uts", "cgroup"];

    private readonly HashSet<string> found = new(StringComparer.Ordinal);

    public static Residue Now()
    {
        var residue = new Residue();
        residue.AddProcesses();
        residue.AddMounts();
        residue.AddLoopDevices();
        residue.AddFiles("/tmp");
        residue.AddFiles("/var/tmp");
        residue.AddFiles("/dev/shm");
        return residue;
    }

    /// <summary>Fails when something is here, for longer than so many seconds, that was not here before.</summary>
    public void Check(int seconds = 1)
    {
        HashSet<string> now = [];
        for (int round = 0; round < 100 * seconds; round++)
        {
            now = Now().found;
            now.ExceptWith(found);
            if (now.Count == 0)
            {
                return;
            }

            Thread.Sleep(10);
        }

        Assert.Fail($"left behind:\n{string.Join('\n', now)}");
    }

    /// <summary>Processes of the test users, programs of the tree, and whoever holds a namespace of its own.</summary>
    private void AddProcesses()
    {
        string[] ours = Array.ConvertAll(Namespaces, name => Link($"/proc/self/ns/{name}"));
        bool unreaped = false;
        HashSet<string> ending = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(directory[6]))
            {
                continue;
            }

            try
            {
                string[] status = File.ReadAllLines($"{directory}/status");
                uint uid = uint.Parse(Field(status, "Uid:"), null);
                if (Field(status, "State:").StartsWith('Z') && Field(status, "PPid:") == "1")
                {
                    unreaped = true;
                    continue;       // it has ended, and the first process of the host is slow to look
                }

                if (TestUser.IsKnown(uid))
                {
                    string process = $"process {directory[6..]} of a test user: {Field(status, "Name:")}, state {Field(status, "State:")}, parent {Field(status, "PPid:")}: {CommandLine(directory)}";
                    bool hasMemory = Array.Exists(status, line => line.StartsWith("VmSize:", StringComparison.Ordinal));
                    bool first = Array.Exists(status, line => line.StartsWith("NSpid:", StringComparison.Ordinal) && line.EndsWith("\t1", StringComparison.Ordinal));
                    _ = first && !hasMemory && Field(status, "PPid:") == "1" ? ending.Add(process) : found.Add(process);
                }
                else if (Link($"{directory}/exe").StartsWith(Tree.Root + "/", StringComparison.Ordinal))
                {
                    found.Add($"process {directory[6..]}: {CommandLine(directory)}");
                }
                else if (CommandLine(directory).Contains(Tree.Run, StringComparison.Ordinal))
                {
                    for (int i = 0; i < Namespaces.Length; i++)
                    {
                        if (Link($"{directory}/ns/{Namespaces[i]}") != ours[i])
                        {
                            found.Add($"process {directory[6..]} in another {Namespaces[i]} namespace: {CommandLine(directory)}");
                        }
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        // Process 1 of a PID namespace, when it has ended and let go of its memory, waits for the kernel until those of its
        // namespace have been reaped, and that is the host's first process's to do where their parents were killed.
        if (!unreaped)
        {
            found.UnionWith(ending);
        }
    }

    private void AddMounts()
    {
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            found.Add($"mount {line}");
        }
    }

    private void AddLoopDevices()
    {
        foreach (string directory in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            try
            {
                string file = File.ReadAllText($"{directory}/loop/backing_file").TrimEnd();
                if (file.StartsWith(Tree.Run, StringComparison.Ordinal))
                {
                    found.Add($"loop device {Path.GetFileName(directory)} of {file}");
                }
            }
            catch (Exception free) when (free is IOException or UnauthorizedAccessException)
            {
                // No file is attached.
            }
        }
    }

    /// <summary>Files that a test user owns, or that bear our name; directories of that name are other runs of tests.</summary>
    private void AddFiles(string directory)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(directory))
        {
            string name = Path.GetFileName(path);
            if ((name.StartsWith("kerr", StringComparison.Ordinal) && !Directory.Exists(path)) || OwnedByTestUser(path))
            {
                found.Add($"file {path}");
            }
        }
    }

    private static bool OwnedByTestUser(string path)
        => Kerr.Linux.Files.FileSystem.TryStat(path, follow: false) is { } status && TestUser.IsKnown(status.Uid);

    private static string Link(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Field(string[] status, string name)
        => Array.Find(status, line => line.StartsWith(name, StringComparison.Ordinal))!.Split('\t')[1];

    private static string CommandLine(string directory)
        => File.ReadAllText($"{directory}/cmdline").Replace('\0', ' ').TrimEnd();
}
