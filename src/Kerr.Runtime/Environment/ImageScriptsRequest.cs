using System.Collections.Generic;

namespace Kerr.Runtime.Environment;

/// <summary>A script of an image that sets its environment: absolute path inside, and text.</summary>
public readonly record struct ImageScript(string Path, byte[] Text)
{
    /// <summary>The name without its directory.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>What an image's environment is computed from.</summary>
public sealed record ImageScriptsRequest
{
    /// <summary>
    /// The regular files <c>*.sh</c> of <c>/.singularity.d/env</c>, in any order; where that directory is missing, <c>/environment</c>
    /// if it is a file.
    /// </summary>
    public required IReadOnlyList<ImageScript> Scripts { get; init; }

    /// <summary>From <see cref="HostEnvironment.Decide"/>.</summary>
    public required IReadOnlyList<EnvironmentVariable> Forwarded { get; init; }

    /// <summary>From <see cref="HostEnvironment.Decide"/>.</summary>
    public required IReadOnlyList<EnvironmentVariable> Injected { get; init; }

    /// <summary><c>--no-eval</c>: injected values are taken as they are.</summary>
    public bool NoEvaluation { get; init; }

    /// <summary>The payload's working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The payload's user as it sees itself.</summary>
    public required int Uid { get; init; }

    public required int Gid { get; init; }

    /// <summary>The container's arguments, which scripts see as <c>$@</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Something is in <c>/.singularity.d/libs</c>: libraries of the host, for GPUs.</summary>
    public bool HasHostLibraries { get; init; }

    /// <summary>Directories of libraries that are to be found before all others.</summary>
    public IReadOnlyList<string> FirstLibraryDirectories { get; init; } = [];

    /// <summary>Something is in <c>/.singularity.d/libs32</c>.</summary>
    public bool HasHostLibraries32 { get; init; }
}

/// <summary>The environment of a payload.</summary>
/// <param name="Variables">All of it, ordered by name.</param>
/// <param name="Changes">What decided each variable, and which host variables the image removed.</param>
/// <param name="Messages">What a shell would have written to standard error.</param>
public sealed record ImageEnvironment(
    IReadOnlyList<EnvironmentVariable> Variables,
    IReadOnlyList<EnvironmentChange> Changes,
    IReadOnlyList<string> Messages);
