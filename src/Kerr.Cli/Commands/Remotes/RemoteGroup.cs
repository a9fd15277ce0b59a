using Kerr.Cli.Options;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote</c>: endpoints that offer a library and a keystore.</summary>
internal static class RemoteGroup
{
    internal static Command Declare() => new()
    {
        Summary = "Manage remote endpoints: libraries and keystores",
        Options = static () => RemoteOptions.Plain,
    };
}
