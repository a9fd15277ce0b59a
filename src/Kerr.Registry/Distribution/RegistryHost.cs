using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Registry.Auth;
using Kerr.Registry.References;

namespace Kerr.Registry.Distribution;

/// <summary>A registry that is spoken to: its base address, and what it has been told about who asks.</summary>
/// <remarks>OCI distribution specification; the token service of Docker's "Token Authentication Specification".</remarks>
public sealed class RegistryHost : IDisposable
{
    private const int LargestToken = 1 << 20;
    private readonly RegistryOptions _options;
    private readonly HttpSender _sender;
    private readonly Dictionary<string, AuthenticationHeaderValue?> _tokens = new(StringComparer.Ordinal);
    private readonly object _lock = new();
    private readonly bool _insecure;
    private readonly string _host;
    private Uri? _base;
    private AuthChallenge? _challenge;
    private Credential? _credential;
    private bool _asked;

    /// <param name="credential">Used in place of those of the options, for a login that is to be tried.</param>
    public RegistryHost(string host, bool insecure, RegistryOptions options, Credential? credential = null)
    {
        _host = host;
        _options = options;
        _insecure = insecure || options.NoHttps;
        _sender = new HttpSender(options.Retry, _insecure, options.UserAgent, options.Cancel);
        _credential = credential;
        _asked = credential is not null;
    }

    internal HttpSender Sender => _sender;

    public string Name => _host;

    /// <summary>The address of something below <c>/v2/</c>.</summary>
    internal Uri Address(string path) => new(Base(), path);

    /// <summary>Holds the credential against the registry.</summary>
    /// <exception cref="UserException">It does not take it.</exception>
    public void CheckLogin()
    {
        using HttpResponseMessage response = Send(HttpMethod.Get, Address("/v2/"), scope: "");
        if (!response.IsSuccessStatusCode)
        {
            throw new UserException($"{_host} does not accept the login of {_credential}: {(int)response.StatusCode} {response.ReasonPhrase}", "check name and password");
        }
    }

    /// <summary>The names of all repositories that the registry tells the caller of.</summary>
    /// <exception cref="UserException">It tells nobody.</exception>
    public IReadOnlyList<string> Catalog()
    {
        const int MostPages = 1000;
        var names = new List<string>();
        Uri? next = Address("/v2/_catalog?n=500");
        for (int page = 0; next is not null; page++)
        {
            using HttpResponseMessage response = Send(HttpMethod.Get, next, "registry:catalog:*");
            if (!response.IsSuccessStatusCode)
            {
                throw (int)response.StatusCode is 401 or 403 ? Denied() : new UserException($"{_host} does not list what it has: {(int)response.StatusCode} {response.ReasonPhrase}", "name the image");
            }

            using JsonDocument document = Json.Parse(ReadLimited(response, ImageManifest.Largest), "the catalog");
            names.AddRange(Json.Texts(document.RootElement, "repositories"));
            next = page < MostPages ? NextPage(response, next) : throw new InvalidDataException("the catalog does not end");
        }

        return names;
    }

    // RFC 8288: Link: </v2/_catalog?last=x&n=500>; rel="next"
    private static Uri? NextPage(HttpResponseMessage response, Uri page)
    {
        foreach (string link in Values(response, "Link"))
        {
            int end = link.IndexOf('>', StringComparison.Ordinal);
            if (link.StartsWith('<') && end > 0 && link.Contains("rel=\"next\"", StringComparison.Ordinal)
                && Uri.TryCreate(page, link[1..end], out Uri? next) && HttpSender.IsSameOrigin(page, next))
            {
                return next;
            }
        }

        return null;
    }

    /// <summary>Sends a request, and again with a credential where the registry asks for one.</summary>
    /// <param name="scope">What is to be done: <c>repository:NAME:pull</c>; empty for nothing in particular.</param>
    /// <param name="prepare">Adds headers and body, for each attempt anew.</param>
    internal HttpResponseMessage Send(HttpMethod method, Uri address, string scope, Action<HttpRequestMessage>? prepare = null, bool once = false)
    {
        // The registry may send uploads elsewhere: its credential goes to itself only.
        bool own = HttpSender.IsSameOrigin(Base(), address);
        HttpResponseMessage response = _sender.Send(Make, own ? Authorization(scope) : null, once);
        if ((int)response.StatusCode != 401 || !own)
        {
            return response;
        }

        AuthChallenge? challenge = AuthChallenge.Choose(Values(response, "WWW-Authenticate"));
        response.Dispose();
        AuthenticationHeaderValue? authorization = Answer(challenge, scope);
        return _sender.Send(Make, authorization, once);

        HttpRequestMessage Make()
        {
            var request = new HttpRequestMessage(method, address);
            prepare?.Invoke(request);
            return request;
        }
    }

    internal static IEnumerable<string> Values(HttpResponseMessage response, string name)
        => response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values : [];

    public void Dispose() => _sender.Dispose();

    // Https, and http only where that is allowed: registries on this machine, and those that are called insecure.
    private Uri Base()
    {
        lock (_lock)
        {
            if (_base is not null)
            {
                return _base;
            }

            bool mayBePlain = _insecure || RegistryReference.IsLoopback(_host);
            string host = _host == RegistryReference.DockerHub ? "registry-1.docker.io" : _host;
            var secure = new Uri($"https://{host}/");
            if (mayBePlain)
            {
                try
                {
                    using HttpResponseMessage answer = _sender.Send(() => new HttpRequestMessage(HttpMethod.Get, new Uri(secure, "/v2/")), null, once: true);
                }
                catch (TransferException failure)
                {
                    _options.Tell($"{_host} speaks no https ({failure.Message}): going on without encryption");
                    return _base = new Uri($"http://{host}/");
                }
            }

            return _base = secure;
        }
    }

    private AuthenticationHeaderValue? Authorization(string scope)
    {
        lock (_lock)
        {
            return _tokens.GetValueOrDefault(scope);
        }
    }

    private AuthenticationHeaderValue? Answer(AuthChallenge? challenge, string scope)
    {
        lock (_lock)
        {
            _challenge = challenge;
            Credential? credential = FindCredential();
            AuthenticationHeaderValue? answer = null;
            if (challenge?.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) == true)
            {
                answer = credential is null or { IsIdentityToken: true } ? null : new AuthenticationHeaderValue("Basic", credential.Basic);
            }
            else if (challenge is not null)
            {
                answer = FetchToken(challenge, scope, credential);
            }

            return _tokens[scope] = answer;
        }
    }

    private Credential? FindCredential()
    {
        if (_asked)
        {
            return _credential;
        }

        _asked = true;
        if (_options.Credential is { } given)
        {
            return _credential = given;
        }

        foreach (string path in _options.CredentialFiles)
        {
            if (CredentialFile.Load(path).Find(_host, _options.Environment) is { } found)
            {
                _options.Tell($"credential of {found} for {_host} from {path}");
                return _credential = found;
            }
        }

        return null;
    }

    private AuthenticationHeaderValue? FetchToken(AuthChallenge challenge, string scope, Credential? credential)
    {
        if (!Uri.TryCreate(challenge.Parameter("realm"), UriKind.Absolute, out Uri? realm) || realm.Scheme is not ("http" or "https"))
        {
            throw new UserException($"{_host} names no token service that could be asked", "tell the administrator of that registry");
        }

        // A registry that is spoken to by https must not make us tell the password in clear.
        if (realm.Scheme == "http" && Base().Scheme == "https")
        {
            throw new UserException($"{_host} names the token service {realm}, which is not encrypted", "tell the administrator of that registry");
        }

        string wanted = scope.Length > 0 ? scope : challenge.Parameter("scope") ?? "";
        string service = challenge.Parameter("service") ?? "";
        using HttpResponseMessage response = credential is { IsIdentityToken: true }
            ? _sender.Send(() => new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "refresh_token"), new("service", service), new("scope", wanted), new("client_id", "kerr"), new("refresh_token", credential.Secret),
                ]),
            }, null)
            : _sender.Send(() => new HttpRequestMessage(HttpMethod.Get, WithQuery(realm, service, wanted)),
                credential is null ? null : new AuthenticationHeaderValue("Basic", credential.Basic));
        if (!response.IsSuccessStatusCode)
        {
            if ((int)response.StatusCode is 400 or 401 or 403)
            {
                throw Denied(credential);
            }

            throw new TransferException($"the token service {realm.Host} answers {(int)response.StatusCode} {response.ReasonPhrase}", (int)response.StatusCode);
        }

        using JsonDocument document = Json.Parse(ReadLimited(response, LargestToken), "the answer of the token service");
        string? token = Json.Text(document.RootElement, "token") ?? Json.Text(document.RootElement, "access_token");
        return string.IsNullOrEmpty(token)
            ? throw new UserException($"the token service {realm.Host} gives no token", "tell the administrator of that registry")
            : new AuthenticationHeaderValue("Bearer", token);
    }

    internal UserException Denied(Credential? credential = null)
    {
        credential ??= _credential;
        return credential is null
            ? new UserException($"{_host} wants a login", $"kerr registry login --username NAME docker://{_host}")
            : new UserException($"{_host} does not let {credential} do that", $"check name and password, and the rights: kerr registry login --username NAME docker://{_host}");
    }

    /// <summary>The body of an answer that must not be longer.</summary>
    internal static byte[] ReadLimited(HttpResponseMessage response, int limit)
    {
        using Stream body = response.Content.ReadAsStream();
        using var copy = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; (count = body.Read(buffer)) > 0;)
        {
            copy.Write(buffer, 0, count);
            if (copy.Length > limit)
            {
                throw new InvalidDataException($"{response.RequestMessage?.RequestUri?.Host} answers with more than {limit} bytes");
            }
        }

        return copy.ToArray();
    }

    private static Uri WithQuery(Uri realm, string service, string scope)
    {
        var query = new List<string>();
        if (realm.Query.Length > 1)
        {
            query.Add(realm.Query[1..]);
        }

        if (service.Length > 0)
        {
            query.Add("service=" + Uri.EscapeDataString(service));
        }

        if (scope.Length > 0)
        {
            query.Add("scope=" + Uri.EscapeDataString(scope));
        }

        return new UriBuilder(realm) { Query = string.Join('&', query) }.Uri;
    }
}
