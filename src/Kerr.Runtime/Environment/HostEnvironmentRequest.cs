using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment;

/// <summary>What decides which variables of the host a container gets.</summary>
public sealed record HostEnvironmentRequest
{
    /// <summary>The environment of the caller, in its order.</summary>
    public required IReadOnlyList<EnvironmentVariable> Host { get; init; }

    /// <summary>Variables of <c>--env</c> and <c>--env-file</c>, as <see cref="HostEnvironment.Merge"/> joins them.</summary>
    public IReadOnlyList<EnvironmentVariable> User { get; init; } = [];

    /// <summary>What the runtime itself sets inside (<c>APPTAINER_NAME</c> and its like); an injected variable wins.</summary>
    public IReadOnlyList<EnvironmentVariable> Runtime { get; init; } = [];

    public bool CleanEnvironment { get; init; }

    /// <summary>Which variables a clean environment has, too; null for no others.</summary>
    public Func<string, bool>? Kept { get; init; }

    /// <summary>The names of <c>--no-env</c>.</summary>
    public IReadOnlyList<string> Withheld { get; init; } = [];

    /// <summary>The home directory inside the container.</summary>
    public required string Home { get; init; }
}

/// <summary>Which variables go in as they are, and which are injected after the image's own scripts.</summary>
/// <param name="Forwarded">A script of the image that sets one of these wins.</param>
/// <param name="Injected">These win over the image; values are still to be evaluated.</param>
/// <param name="Changes">Every decision, for <c>kerr explain</c>.</param>
/// <param name="Warnings">Texts for the log at warning level.</param>
/// <param name="Notes">Texts for the log at info level.</param>
public sealed record HostEnvironmentResult(
    IReadOnlyList<EnvironmentVariable> Forwarded,
    IReadOnlyList<EnvironmentVariable> Injected,
    IReadOnlyList<EnvironmentChange> Changes,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Notes);
