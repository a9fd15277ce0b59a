using System;
using System.Text;
using Kerr.Cli.Commands.Registries;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Distribution;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary><c>remote login</c>: keeps a token for an endpoint; of registries and keyservers, a name and password.</summary>
internal static class RemoteLoginCommand
{
    private const int LongestToken = 64 << 10;

    internal static Command Declare() => new()
    {
        Summary = "Log in at a remote endpoint",
        Synopsis = "[options] [remote|registry|keyserver]",
        Description =
            "Login to an apptainer remote endpoint, the default if none is named: the access token is tried and kept in remote.yaml. "
            + "For registries and keyservers use registry login and keyserver login; this does the same for them.",
        Examples = "kerr remote login\nkerr remote login --tokenfile token.txt work",
        Arity = Arity.Between(0, 1),
        Options = static () => RemoteOptions.Login,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string name = invocation.Arguments.Length == 0 ? "" : invocation.Arguments[0];
        if (!name.Contains("://", StringComparison.Ordinal))
        {
            return AtEndpoint(invocation, name);
        }

        if (invocation.Values.IsSet(RemoteOptions.TokenFile))
        {
            throw new UserException("--tokenfile is for remote endpoints, not for registries or keyservers", "use --username and --password-stdin");
        }

        bool registry = name.StartsWith("docker://", StringComparison.Ordinal) || name.StartsWith("oras://", StringComparison.Ordinal);
        Log.Warning($"remote login is deprecated for this: use {(registry ? "registry" : "keyserver")} login");
        return registry ? RegistryLoginCommand.Run(invocation) : Keyservers.KeyserverLoginCommand.Run(invocation);
    }

    /// <summary>Gets a token, holds it against the endpoint, keeps it.</summary>
    internal static int AtEndpoint(Invocation invocation, string name)
    {
        string path = RemoteStore.OwnPath(invocation);
        RemoteFile own = RemoteFile.Load(path);
        var configuration = new RemoteConfiguration(own, RemoteStore.SiteFile());
        (string found, RemoteEndpoint endpoint) = configuration.Find(name);
        string file = invocation.Values.Text(RemoteOptions.TokenFile);
        string token;
        if (file.Length > 0)
        {
            token = Encoding.Latin1.GetString(
                SmallFile.TryRead(file, LongestToken) ?? throw new UserException($"cannot read the token from {file}", "check its name")).Trim(' ', '\r', '\n', '\t');
        }
        else
        {
            if (endpoint.Token.Length > 0 && Terminal.Ask("An access token is already set for this remote. Replace it? [y/N] ", hidden: false) is not ("y" or "Y"))
            {
                return 0;
            }

            StandardStream.Write(StandardStream.Output, $"Make an access token at {endpoint.Address}/auth/tokens and paste it here; it is not shown.\n");
            token = Terminal.Ask("Access Token: ", hidden: true);
        }

        if (token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new UserException("this is no access token", $"make one at {endpoint.Address}/auth/tokens");
        }

        RegistryOptions options = RemoteStore.Options(invocation);
        if (!EndpointServices.Of(endpoint, RemoteStore.CacheDirectory(invocation), options).Accepts(token, options))
        {
            throw new UserException($"{endpoint.Uri} does not accept the token", $"make a new one at {endpoint.Address}/auth/tokens");
        }

        configuration.SetToken(found, token);
        own.Save(path, forAll: false);
        Log.Info($"Token stored in {path}");
        return 0;
    }
}
