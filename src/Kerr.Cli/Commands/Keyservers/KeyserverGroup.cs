using System;
using Kerr.Cli.Commands.Remotes;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Keyservers;

/// <summary><c>keyserver</c>: where public keys are asked for.</summary>
internal static class KeyserverGroup
{
    internal static Command Declare() => new()
    {
        Summary = "Manage the keyservers of remote endpoints",
        Options = static () => RemoteOptions.Plain,
    };

    /// <summary>The endpoint's own keyserver; null, told with --verbose, where it does not say.</summary>
    internal static string? OwnServer(Invocation invocation, RemoteEndpoint endpoint)
    {
        try
        {
            return EndpointServices.Of(endpoint, RemoteStore.CacheDirectory(invocation), RemoteStore.Options(invocation)).Addresses.TryGetValue("keystore", out string? found) ? found : null;
        }
        catch (UserException failure)
        {
            Console.Log.Verbose(failure.Message);
            return null;
        }
    }

    /// <summary>Changes the keyservers of an endpoint in the site's file.</summary>
    /// <param name="remote">Its name; empty for the site's default.</param>
    internal static void Change(Invocation invocation, string remote, Action<KeyserverList> change)
    {
        RemoteStore.NeedSite("keyserver configuration");
        RemoteFile site = RemoteStore.SiteFile();
        string name = remote.Length > 0 ? remote : site.Active;
        if (!site.Remotes.TryGetValue(name, out RemoteEndpoint? endpoint))
        {
            throw new UserException(
                name.Length == 0 ? "the site has no default remote" : $"no endpoint found: {name} is not a remote of the site", "keyservers belong to endpoints of the site: see remote list");
        }

        var servers = new KeyserverList(endpoint, OwnServer(invocation, endpoint));
        change(servers);
        site.Remotes[name] = endpoint with { Keyservers = servers.All };
        site.Save(RemoteStore.SitePath, forAll: true);
    }
}
