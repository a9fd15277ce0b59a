using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;

namespace Kerr.Registry.Remotes;

/// <summary>The services of an endpoint, by the document that it publishes: a library, a keystore, tokens.</summary>
/// <remarks>
/// <c>GET https://ENDPOINT/assets/config/config.prod.json</c> answers <c>{"libraryAPI": {"uri": URL}, …}</c>. What came is kept for
/// 30 days in <c>remote-cache/</c>, as the peers keep it.
/// </remarks>
public sealed class EndpointServices
{
    private const string Document = "/assets/config/config.prod.json";
    private const int Largest = 1 << 20;
    private const long KeptSeconds = 30 * 24 * 3600;
    private readonly SortedDictionary<string, string> _addresses = new(StringComparer.Ordinal);

    private EndpointServices()
    {
    }

    /// <summary>The public keyserver that stands for an endpoint that offers nothing else.</summary>
    public const string PublicKeyserver = "https://keys.openpgp.org";

    /// <summary>Name of the service (<c>library</c>, <c>keystore</c>, <c>token</c>, <c>builder</c>, <c>consent</c>) → its address without a slash at the end.</summary>
    public IReadOnlyDictionary<string, string> Addresses => _addresses;

    /// <summary>Asks an endpoint, or takes what it said within the last 30 days.</summary>
    /// <param name="cache">The directory <c>remote-cache</c>; null to do without.</param>
    /// <exception cref="UserException">It does not answer, or not with such a document.</exception>
    public static EndpointServices Of(RemoteEndpoint endpoint, string? cache, RegistryOptions options)
    {
        // The peers' default endpoint publishes nothing; all it stands for is a public keyserver.
        if (endpoint.Uri == RemoteConfiguration.BuiltIn().Remotes[RemoteConfiguration.DefaultName].Uri)
        {
            var known = new EndpointServices();
            known._addresses["keystore"] = PublicKeyserver;
            return known;
        }

        string? kept = cache is null ? null : $"{cache}/{endpoint.Uri.Replace('/', '_')}.json";
        if (kept is not null && FileSystem.TryStat(kept) is { IsRegular: true } status
            && status.ModifiedAt + KeptSeconds > DateTimeOffset.UtcNow.ToUnixTimeSeconds() && SmallFile.TryRead(kept, Largest) is { } old)
        {
            try
            {
                return Parse(old, endpoint.Insecure);
            }
            catch (InvalidDataException)
            {
                options.Tell($"{kept} is damaged: asking {endpoint.Uri} again");
            }
        }

        try
        {
            byte[] bytes = Get(endpoint.Address + Document, null, options);
            EndpointServices services = Parse(bytes, endpoint.Insecure);
            Keep(kept, bytes, options);
            return services;
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"the services of {endpoint.Uri} are not to be had: {failure.Message}", "check the address: kerr remote list", failure);
        }
    }

    /// <summary>The version that a service tells of itself; null where it does not answer.</summary>
    public static string? VersionOf(string address, RegistryOptions options)
    {
        try
        {
            using JsonDocument document = Json.Parse(Get(address + "/version", null, options), "the answer");
            return Json.Text(Json.Object(document.RootElement, "data"), "version") ?? "";
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException or UserException)
        {
            options.Tell($"{address}: {failure.Message}");
            return null;
        }
    }

    /// <summary>Whether the token service takes a token.</summary>
    /// <exception cref="UserException">There is none, or it does not answer.</exception>
    public bool Accepts(string token, RegistryOptions options)
    {
        string address = Addresses.TryGetValue("token", out string? found) ? found
            : throw new UserException("this endpoint has no token service", "log in at a registry instead: kerr registry login");
        try
        {
            _ = Get(address + "/v1/token-status", token, options);
            return true;
        }
        catch (TransferException failure) when (failure.Status is 401 or 403)
        {
            return false;
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw new UserException($"the token service {address} cannot be asked: {failure.Message}", "try again later", failure);
        }
    }

    /// <summary>A document behind an address.</summary>
    /// <exception cref="TransferException">It is not given.</exception>
    internal static byte[] Get(string address, string? token, RegistryOptions options)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidDataException($"{address} is no address");
        }

        using var sender = new HttpSender(options.Retry, options.NoHttps, options.UserAgent, options.Cancel);
        using HttpResponseMessage response = sender.Send(() => new HttpRequestMessage(HttpMethod.Get, uri), token is null ? null : new AuthenticationHeaderValue("Bearer", token));
        return response.IsSuccessStatusCode
            ? RegistryHost.ReadLimited(response, Largest)
            : throw new TransferException($"{uri.Host} answers {(int)response.StatusCode} {response.ReasonPhrase}", (int)response.StatusCode);
    }

    private static EndpointServices Parse(byte[] bytes, bool insecure)
    {
        const string Suffix = "API";
        var services = new EndpointServices();
        using JsonDocument document = Json.Parse(bytes, "the endpoint's document");
        foreach (JsonProperty member in document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.EnumerateObject() : default)
        {
            if (member.Name.EndsWith(Suffix, StringComparison.Ordinal) && Json.Text(member.Value, "uri") is { Length: > 0 } uri)
            {
                if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
                {
                    throw new InvalidDataException($"{uri} is no address of a service");
                }

                // The token goes there.
                if (address.Scheme == "http" && !insecure)
                {
                    throw new InvalidDataException($"its service {uri} is not encrypted");
                }

                services._addresses[member.Name[..^Suffix.Length]] = uri.TrimEnd('/');
            }
        }

        return services;
    }

    private static void Keep(string? path, byte[] bytes, RegistryOptions options)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            UserDirectory.MakePrivate(path[..path.LastIndexOf('/')]);
            using var file = new UnnamedFile(path, mode: 0b110_000_000);
            FileCalls.Write(file.File, 0, bytes);
            file.Publish();
        }
        catch (LinuxException failure)
        {
            options.Tell($"what the endpoint said is not kept: {failure.Message}");
        }
    }
}
