using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>What a script's file test may learn about a path inside the container.</summary>
public enum ShellFileFact
{
    /// <summary>Not knowable before the launch (below a bind, in the home directory): a real shell has to look.</summary>
    Unknown,
    Missing,
    File,
    ExecutableFile,
    Directory,
    Other,
}

/// <summary>The files of the container as far as they are known before the launch; paths are absolute, links followed.</summary>
public interface IShellFiles
{
    ShellFileFact Look(string path);

    /// <summary>The bytes of a regular file, or null when they cannot be had before the launch.</summary>
    byte[]? Read(string path);

    /// <summary>The names in a directory in any order, or null when they cannot be had before the launch, as where something is mounted on one.</summary>
    IReadOnlyList<string>? Names(string directory);
}
