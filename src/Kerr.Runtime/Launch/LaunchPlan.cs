using System.Collections.Generic;
using Kerr.Runtime.Environment;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch;

/// <summary>How a launch gets its privileges.</summary>
public enum LaunchMode
{
    UserNamespace,
    Root,
    Fakeroot,

    /// <summary>By the setuid starter, without a user namespace.</summary>
    Setuid,
}

/// <summary>A directory of the host that must be there before the launch.</summary>
public sealed record HostDirectory(string Path, uint Mode, string Why);

/// <summary>Something that would have been done but for a reason.</summary>
public sealed record SkippedStep(string What, string Why);

/// <summary>A file that is opened before the starter runs, whose descriptor steps refer to.</summary>
/// <remarks>
/// The planner knows only the path; numbers exist once the launcher has opened it. Compared by reference, since two FUSE
/// connections are two descriptors of one path.
/// </remarks>
public sealed class Descriptor(string path, bool write, string why, PartitionRange? locked = null)
{
    public string Path { get; } = path;

    public bool Write { get; } = write;

    public string Why { get; } = why;

    /// <summary>The partition that is locked as long as the file is open anywhere: for one writer or many readers.</summary>
    public PartitionRange? Locked { get; } = locked;

    /// <summary>The file that the planner looked into, of which the steps speak, whatever the path names by now; null where it looked into none.</summary>
    public SafeFileHandle? Seen { get; init; }
}

/// <summary>Where in an image a file system lies, in bytes.</summary>
public readonly record struct PartitionRange(long Offset, long Size);

/// <summary>All that was decided about a launch: what `kerr explain` prints and what the starter executes.</summary>
public sealed record LaunchPlan
{
    public required LaunchMode Mode { get; init; }

    public required LaunchRequest Request { get; init; }

    public required IReadOnlyList<PlanStep> Steps { get; init; }

    public required IReadOnlyList<Descriptor> Descriptors { get; init; }

    public required IReadOnlyList<HostDirectory> HostDirectories { get; init; }

    public required IReadOnlyList<SkippedStep> Skipped { get; init; }

    public required IReadOnlyList<EnvironmentChange> EnvironmentChanges { get; init; }

    /// <summary>Where the launch is recorded, a value of `audit sink`; null where it is not.</summary>
    public string? RecordedIn { get; init; }

    /// <summary>Lines for the user before anything runs, with their level (see the console's levels).</summary>
    public required IReadOnlyList<(int Level, string Text)> Notes { get; init; }
}
