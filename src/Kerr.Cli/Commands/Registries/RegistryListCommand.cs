using System.Text;
using Kerr.Linux.Files;
using Kerr.Registry.Auth;

namespace Kerr.Cli.Commands.Registries;

/// <summary><c>registry list</c>: where the caller is logged in.</summary>
internal static class RegistryListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "List all OCI credentials that are configured",
        Description = "List all OCI credentials that are configured: the registries only, no name and no password.",
        Examples = "kerr registry list",
        Arity = Arity.Exactly(0),
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        var text = new StringBuilder("\nURI                  SECURE?\n");
        foreach (string host in CredentialFile.Load(RegistryGroup.File(invocation)).Hosts)
        {
            text.Append($"docker://{host}".PadRight(20)).Append(' ').Append("✓\n");
        }

        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(text.ToString()));
        return 0;
    }
}
