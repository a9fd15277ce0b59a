using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Registry.Auth;

namespace Kerr.Cli.Commands.Registries;

/// <summary><c>registry logout</c>: forgets a login.</summary>
internal static class RegistryLogoutCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Logout from an OCI/Docker registry",
        Synopsis = "[options] <registry>",
        Examples = "kerr registry logout docker://registry.example.org",
        Arity = Arity.Exactly(1),
        Options = static () => RegistryCommandOptions.Logout,
        Run = Run,
    };

    internal static int Run(Invocation invocation)
    {
        string host = RegistryGroup.HostOf(invocation.Arguments[0]);
        if (CredentialFile.Load(RegistryGroup.File(invocation)).Remove(host))
        {
            Log.Info($"Logged out from {host}");
        }
        else
        {
            Log.Warning($"{host} is not configured");
        }

        return 0;
    }
}
