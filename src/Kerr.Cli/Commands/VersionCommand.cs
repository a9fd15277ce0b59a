using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>version</c>: the number alone.</summary>
internal static class VersionCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show the version",
        Description = "Called by the name of a peer, it prints the peer's version that it is compatible with, and its own behind a plus.",
        Examples = "kerr version",
        Arity = Arity.Exactly(0),
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        StandardStream.Write(StandardStream.Output, invocation.Program.Version + "\n");
        return 0;
    }
}
