using Kerr.Runtime.Configuration;

namespace Kerr.Cli;

/// <summary>The name that the program was called by, and what it answers to it.</summary>
/// <param name="Name">kerr, apptainer or singularity; anything else counts as kerr.</param>
internal readonly record struct ProgramName(string Name)
{
    /// <summary>The launch line of an executable image calls this: <c>run-singularity IMAGE ARGUMENTS…</c>.</summary>
    internal const string ImageRunner = "run-singularity";

    /// <summary>By the last part of the path in argv[0].</summary>
    internal static ProgramName Of(string path) => path[(path.LastIndexOf('/') + 1)..] switch
    {
        "apptainer" => new("apptainer"),
        "singularity" => new("singularity"),
        _ => new("kerr"),
    };

    /// <summary>The number alone; clients that know a peer's name compare it with the peer's numbers.</summary>
    internal string Version => Name == "kerr" ? Release.Number : Release.PeerNumber;

    /// <summary>What <c>--version</c> prints.</summary>
    internal string VersionLine => Name == "kerr" ? $"kerr version {Version}" : $"apptainer version {Version}";

    /// <summary>The words that call a command: <c>kerr config global</c>.</summary>
    internal string WithPath(string path) => path.Length == 0 ? Name : $"{Name} {path}";
}
