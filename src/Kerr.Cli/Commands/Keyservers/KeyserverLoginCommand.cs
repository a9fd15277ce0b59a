using System;
using System.Net.Http;
using System.Net.Http.Headers;
using Kerr.Cli.Commands.Registries;
using Kerr.Cli.Commands.Remotes;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Auth;
using Kerr.Registry.Distribution;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Keyservers;

/// <summary><c>keyserver login</c>: keeps a name and password for a keyserver.</summary>
internal static class KeyserverLoginCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Log in at a keyserver",
        Synopsis = "[options] <url>",
        Description = "Login to a keyserver that was added: the name and password are tried, and kept in remote.yaml.",
        Examples = "kerr keyserver login --username me https://keys.example.org",
        Arity = Arity.Exactly(1),
        Options = static () => RemoteOptions.KeyserverLogin,
        Run = Run,
    };

    internal static int Run(Invocation invocation)
    {
        string uri = Keyserver.Normalize(invocation.Arguments[0]);
        Keyserver server = Find(invocation, uri) ?? throw new UserException($"no keyserver {uri} is configured", $"an administrator adds it: {invocation.Program.Name} keyserver add {uri}");
        Credential credential = RegistryLoginCommand.Asked(invocation, uri);
        RegistryOptions options = RemoteStore.Options(invocation);
        try
        {
            using var sender = new HttpSender(options.Retry, server.Insecure, options.UserAgent, options.Cancel);
            using HttpResponseMessage response = sender.Ask(new Uri(uri), new AuthenticationHeaderValue("Basic", credential.Basic));
            if ((int)response.StatusCode is 401 or 403)
            {
                throw new UserException($"{uri} does not accept the login of {credential}", "check name and password");
            }
        }
        catch (TransferException failure)
        {
            throw new UserException($"could not log in at {uri}: {failure.Message}", "check the address", failure);
        }

        string path = RemoteStore.OwnPath(invocation);
        RemoteFile own = RemoteFile.Load(path);
        own.Logins.RemoveAll(login => login.Uri.TrimEnd('/') == uri);
        own.Logins.Add(new ServiceLogin(uri, $"Basic {credential.Basic}", server.Insecure));
        own.Save(path, forAll: false);
        Log.Info($"Token stored in {path}");
        return 0;
    }

    private static Keyserver? Find(Invocation invocation, string uri)
    {
        foreach (RemoteEndpoint endpoint in RemoteStore.Configuration(invocation).All.Values)
        {
            foreach (Keyserver server in endpoint.Keyservers)
            {
                if (server.Uri == uri && !server.Skip)
                {
                    return server;
                }
            }
        }

        return null;
    }
}
