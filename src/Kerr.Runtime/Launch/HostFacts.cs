using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Launch;

/// <summary>What the planner may know of the host. The real host is one; tests make up others.</summary>
public interface IHostFacts
{
    uint Uid { get; }

    uint Gid { get; }

    IReadOnlyList<uint> Groups { get; }

    /// <summary>The caller's line of the user database; null when there is none.</summary>
    UserEntry? User { get; }

    /// <summary>The host's environment in its order, `name=value`.</summary>
    IReadOnlyList<string> Environment { get; }

    /// <summary>The working directory; null when it was deleted.</summary>
    string? WorkingDirectory { get; }

    /// <summary>Whether the caller is root, but of a user namespace and without CAP_SYS_ADMIN over the host.</summary>
    bool InsideUserNamespace { get; }

    IReadOnlyList<GroupEntry> GroupNames();

    FileStatus? Stat(string path, bool follow = true);

    string? ReadLink(string path);

    string? RealPath(string path);

    /// <summary>As access(2): 4 read, 2 write, 1 execute.</summary>
    bool IsAccessible(string path, int mode);

    long FileSystemType(string path);

    /// <summary>A small text file of the host, without the newline at its end; null when it cannot be read.</summary>
    string? ReadText(string path);

    bool IsTerminal(int descriptor);

    /// <summary>Where a helper program is, by `binary path` of the configuration; null when it is nowhere.</summary>
    string? FindProgram(string name, string searchPath);

    uint? FindUser(string name);

    uint? FindGroup(string name);

    /// <summary>Mount points of the host, in the order they were mounted.</summary>
    IReadOnlyList<string> MountPoints();

    /// <summary>First id and count of the caller's subordinate range in /etc/subuid or /etc/subgid.</summary>
    (uint First, uint Count)? SubordinateRange(string file);
}
