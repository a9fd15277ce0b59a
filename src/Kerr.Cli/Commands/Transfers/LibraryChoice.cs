using Kerr.Cli.Commands.Remotes;
using Kerr.Linux;
using Kerr.Registry.Library;
using Kerr.Registry.References;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>Which library a <c>library://</c> URI means: that of its host, of --library, or of the default remote endpoint.</summary>
internal static class LibraryChoice
{
    /// <param name="given">By --library or a definition; null or empty for none.</param>
    /// <exception cref="UserException">None is configured.</exception>
    internal static LibraryAddress For(Invocation invocation, LibraryReference reference, string? given)
    {
        if (reference.Host is { } host)
        {
            // Whoever writes an image's name must not learn the caller's token.
            bool plain = invocation.Values.Flag(Options.Actions.ImageOptions.NoHttps);
            return new LibraryAddress($"{(plain ? "http" : "https")}://{host}", "");
        }

        return Default(invocation, given, reference.ToString());
    }

    /// <summary>The library to push to, with a token: that of the default remote endpoint, also under the address that --library or the URI gives.</summary>
    /// <exception cref="UserException">It is another one, or nobody is logged in.</exception>
    internal static LibraryAddress ForPush(Invocation invocation, LibraryReference reference, string given)
    {
        LibraryAddress own = Default(invocation, null, reference.ToString());
        var address = new System.Uri(own.Address);
        bool same = given.Length > 0 ? given.TrimEnd('/') == own.Address : reference.Host is null || reference.Host == address.Authority;
        if (!same)
        {
            throw new UserException("push to location other than current remote is not supported", "make it the current one: kerr remote use NAME");
        }

        return own.Token.Length > 0 ? own
            : throw new UserException($"cannot push image to library: no login at {own.Address}", "log in: kerr remote login");
    }

    /// <param name="wanted">What it is asked for, for the message.</param>
    internal static LibraryAddress Default(Invocation invocation, string? given, string wanted)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return new LibraryAddress(given.TrimEnd('/'), "");
        }

        RemoteConfiguration configuration = RemoteStore.Configuration(invocation);
        (string name, RemoteEndpoint endpoint) = configuration.Find("");
        EndpointServices services = EndpointServices.Of(endpoint, RemoteStore.CacheDirectory(invocation), RemoteStore.Options(invocation));
        return services.Addresses.TryGetValue("library", out string? address)
            ? new LibraryAddress(address, endpoint.Token)
            : throw new UserException(
                $"no library is configured for {wanted}: the remote endpoint {name} has none", "name one: --library https://library.example.org, library://host/entity/collection/name, or kerr remote use NAME");
    }
}
