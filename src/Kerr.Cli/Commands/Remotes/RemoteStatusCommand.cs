using System.Collections.Generic;
using System.Text;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote status</c>: whether the services of an endpoint answer.</summary>
internal static class RemoteStatusCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Check the services of a remote endpoint",
        Synopsis = "[options] [remote]",
        Description = "Check the status of the apptainer services at an endpoint, the default if none is named, and whether the caller's token is accepted.",
        Examples = "kerr remote status\nkerr remote status work",
        Arity = Arity.Between(0, 1),
        Options = static () => RemoteOptions.Plain,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        (string name, RemoteEndpoint endpoint) = RemoteStore.Configuration(invocation).Find(invocation.Arguments.Length == 0 ? "" : invocation.Arguments[0]);
        Log.Info($"Checking status of remote: {name}");
        RegistryOptions options = RemoteStore.Options(invocation);
        EndpointServices services = EndpointServices.Of(endpoint, RemoteStore.CacheDirectory(invocation), options);
        List<string[]> rows = [["SERVICE", "STATUS", "VERSION", "URI"]];
        foreach ((string service, string address) in services.Addresses)
        {
            string? version = EndpointServices.VersionOf(address, options);
            rows.Add([$"{char.ToUpperInvariant(service[0])}{service[1..]}", version is null ? "N/A" : "OK", version ?? "", address]);
        }

        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(AlignedText.Of(rows)));
        if (endpoint.Token.Length == 0)
        {
            StandardStream.Write(StandardStream.Output, "\nNo authentication token set (logged out).\n");
            return 0;
        }

        bool good = services.Accepts(endpoint.Token, options);
        StandardStream.Write(StandardStream.Output, good ? "\nValid authentication token set (logged in).\n" : "\nAuthentication token is invalid (please login again).\n");
        return good ? 0 : throw new UserException($"{endpoint.Uri} does not accept the token", $"log in again: {invocation.Program.Name} remote login {name}");
    }
}
