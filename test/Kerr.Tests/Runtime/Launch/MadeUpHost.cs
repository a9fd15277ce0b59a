using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>A host with the directories, mounts and closed doors that a test gives it, and one user, alice.</summary>
internal sealed class MadeUpHost : IHostFacts
{
    public HashSet<string> Directories { get; } = ["/", "/home", "/home/alice", "/tmp", "/var", "/var/tmp"];

    /// <summary>Regular files; they are accessible in the ways that a directory of the same name would be.</summary>
    public HashSet<string> Files { get; } = [];

    /// <summary>Magic numbers of file systems by path.</summary>
    public Dictionary<string, long> FileSystems { get; } = [];

    public HashSet<string> Closed { get; } = [];

    public Dictionary<string, string> Programs { get; } = [];

    public List<string> Mounted { get; } = ["/"];

    /// <summary>Text files by path.</summary>
    public Dictionary<string, string> Texts { get; } = [];

    public uint Uid => 1000;

    public uint Gid => 1000;

    public IReadOnlyList<uint> Groups => [1000];

    public UserEntry? User { get; } = new("alice", 1000, 1000, "", "/home/alice", "/bin/sh");

    public IReadOnlyList<string> Environment { get; init; } = ["PATH=/usr/bin:/bin"];

    public string? WorkingDirectory => "/home/alice";

    public bool InsideUserNamespace => false;

    public IReadOnlyList<GroupEntry> GroupNames() => [new("alice", 1000)];

    public FileStatus? Stat(string path, bool follow = true)
    {
        foreach (string closed in Closed)
        {
            if (path.StartsWith(closed + "/", System.StringComparison.Ordinal))
            {
                return null;
            }
        }

        return Files.Contains(path) ? new FileStatus() with { Kind = FileKind.Regular, Permissions = 0x1A4 }
            : Directories.Contains(path) ? new FileStatus() with { Kind = FileKind.Directory, Permissions = 0x1ED } : null;
    }

    public string? ReadLink(string path) => null;

    public string? RealPath(string path) => path;

    public bool IsAccessible(string path, int mode) => (Directories.Contains(path) || Files.Contains(path)) && !Closed.Contains(path);

    public long FileSystemType(string path) => FileSystems.GetValueOrDefault(path);

    public string? ReadText(string path) => Texts.GetValueOrDefault(path);

    public bool IsTerminal(int descriptor) => false;

    public string? FindProgram(string name, string searchPath) => Programs.GetValueOrDefault(name);

    public uint? FindUser(string name) => name == User?.Name ? Uid : null;

    public uint? FindGroup(string name) => null;

    public IReadOnlyList<string> MountPoints() => Mounted;

    /// <summary>By the one line of the file's text, if it is alice's.</summary>
    public (uint First, uint Count)? SubordinateRange(string file)
        => Texts.TryGetValue(file, out string? text) && text.Split(':') is ["alice", var first, var count]
            ? (uint.Parse(first, null), uint.Parse(count, null)) : null;
}
