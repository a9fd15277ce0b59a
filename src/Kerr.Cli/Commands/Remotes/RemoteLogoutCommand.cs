using System;
using Kerr.Cli.Commands.Registries;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote logout</c>: forgets a token.</summary>
internal static class RemoteLogoutCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Log out from a remote endpoint",
        Synopsis = "[options] [remote|registry|keyserver]",
        Description = "Log out from an apptainer remote endpoint: its access token is forgotten here; the endpoint goes on accepting it.",
        Examples = "kerr remote logout work",
        Arity = Arity.Between(0, 1),
        Options = static () => (Option[])[.. RegistryCommandOptions.Logout, RemoteOptions.Config],
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string name = invocation.Arguments.Length == 0 ? "" : invocation.Arguments[0];
        if (name.Contains("://", StringComparison.Ordinal))
        {
            bool registry = name.StartsWith("docker://", StringComparison.Ordinal) || name.StartsWith("oras://", StringComparison.Ordinal);
            Log.Warning($"remote logout is deprecated for this: use {(registry ? "registry" : "keyserver")} logout");
            return registry ? RegistryLogoutCommand.Run(invocation) : Keyservers.KeyserverLogoutCommand.Run(invocation);
        }

        string path = RemoteStore.OwnPath(invocation);
        RemoteFile own = RemoteFile.Load(path);
        var configuration = new RemoteConfiguration(own, RemoteStore.SiteFile());
        string found = configuration.Find(name).Name;
        configuration.SetToken(found, "");
        own.Save(path, forAll: false);
        Log.Info($"Logged out from {found}");
        return 0;
    }
}
