namespace Kerr.Cli.Commands.Sif;

/// <summary><c>sif</c>: the objects in SIF files.</summary>
internal static class SifGroup
{
    /// <summary>The peers' commands of this group end with 1 when they fail.</summary>
    internal const int FailureCode = 1;

    internal static Command Declare() => new()
    {
        Summary = "Look at the objects of SIF files, and change them",
        FailureCode = FailureCode,
    };
}
