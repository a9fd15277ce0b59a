using System.Text;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Library;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote get-login-password</c>: the secret by which the registry behind an endpoint knows the caller.</summary>
internal static class RemoteLoginPasswordCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Print the password of the default endpoint's registry",
        Description = "Prints the secret that the default endpoint's library gives its users for other programs, for a login at its registry.",
        Examples = "kerr remote get-login-password |\n  kerr registry login -u me --password-stdin docker://registry.example.org",
        Arity = Arity.Exactly(0),
        Options = static () => RemoteOptions.Plain,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        (string name, RemoteEndpoint endpoint) = RemoteStore.Configuration(invocation).Find("");
        if (endpoint.Token.Length == 0)
        {
            throw new UserException($"the caller is not logged in at {name}", $"log in first: {invocation.Program.Name} remote login {name}");
        }

        RegistryOptions options = RemoteStore.Options(invocation);
        string library = EndpointServices.Of(endpoint, RemoteStore.CacheDirectory(invocation), options).Addresses.TryGetValue("library", out string? found) ? found
            : throw new UserException($"{name} has no library", $"use another endpoint: {invocation.Program.Name} remote use NAME");
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(new LibraryService(new LibraryAddress(library, endpoint.Token), options).LoginSecret() + "\n"));
        return 0;
    }
}
