using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Threading;
using Kerr.Linux;

namespace Kerr.Registry.Distribution;

/// <summary>Sends requests: follows redirects by itself, tries again what may succeed later, and never lets a credential leave its origin.</summary>
/// <remarks>
/// An origin is scheme, host and port (RFC 6454): a redirect to any other is followed without Authorization, and none leads from
/// https to http (CVE-2022-23538).
/// </remarks>
public sealed class HttpSender : IDisposable
{
    private const int MostRedirects = 8;
    private readonly HttpClient _client;
    private readonly RetryPolicy _retry;
    private readonly CancellationToken _cancel;

    /// <param name="anyCertificate">For registries that the site calls insecure.</param>
    public HttpSender(RetryPolicy retry, bool anyCertificate, string userAgent, CancellationToken cancel)
    {
        _retry = retry;
        _cancel = cancel;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = 16,
            MaxResponseHeadersLength = 64,
        };
        if (anyCertificate)
        {
            handler.SslOptions = AnyCertificate();
        }

        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd(userAgent);
    }

    internal RetryPolicy Retry => _retry;

    internal CancellationToken Cancel => _cancel;

    /// <summary>Sends what <paramref name="make"/> makes, anew for each attempt, until there is an answer that will not change by waiting.</summary>
    /// <param name="authorization">For the origin of the first request only.</param>
    /// <param name="once">No second attempt: the body can be sent once, or the caller counts attempts itself.</param>
    /// <exception cref="TransferException">There was no answer, or only ones that ask to come back.</exception>
    internal HttpResponseMessage Send(Func<HttpRequestMessage> make, AuthenticationHeaderValue? authorization, bool once = false)
    {
        for (int failures = 1; ; failures++)
        {
            TimeSpan? asked = null;
            TransferException problem;
            try
            {
                HttpResponseMessage response = Follow(make, authorization);
                if (!IsTransient(response.StatusCode))
                {
                    return response;
                }

                asked = RetryAfter(response);
                problem = new TransferException($"{response.RequestMessage?.RequestUri?.Host} answers {(int)response.StatusCode} {response.ReasonPhrase}", (int)response.StatusCode);
                response.Dispose();
            }
            catch (HttpRequestException failure)
            {
                problem = Problem(failure);
                if (failure.HttpRequestError is HttpRequestError.SecureConnectionError)
                {
                    throw problem;
                }
            }
            catch (IOException failure)
            {
                problem = new TransferException(failure.Message, 0, failure);
            }

            if (asked > _retry.LongestAsked)
            {
                throw new TransferException($"{problem.Message}, and asks to come back in {asked.Value.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} seconds", problem.Status);
            }

            if (once || failures >= _retry.Attempts)
            {
                throw problem;
            }

            _retry.Pause(failures, asked, _cancel);
        }
    }

    /// <summary>Asks for what is behind an address.</summary>
    /// <exception cref="TransferException">There was no answer.</exception>
    public HttpResponseMessage Ask(Uri address, AuthenticationHeaderValue authorization)
        => Send(() => new HttpRequestMessage(HttpMethod.Get, address), authorization);

    public void Dispose() => _client.Dispose();

    internal static TransferException Problem(HttpRequestException failure)
    {
        string detail = failure.InnerException?.Message ?? failure.Message;
        return new TransferException(failure.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"no such host: {detail}",
            HttpRequestError.ConnectionError => $"no connection: {detail}",
            HttpRequestError.SecureConnectionError => $"no secure connection: {detail}",
            _ => failure.Message,
        }, 0, failure);
    }

    private HttpResponseMessage Follow(Func<HttpRequestMessage> make, AuthenticationHeaderValue? authorization)
    {
        Uri? origin = null, next = null;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            HttpRequestMessage request = make();
            origin ??= request.RequestUri!;
            if (next is not null)
            {
                request.RequestUri = next;
            }

            if (authorization is not null && IsSameOrigin(origin, request.RequestUri!))
            {
                request.Headers.Authorization = authorization;
            }

            HttpResponseMessage response = SendOne(request);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            next = new Uri(request.RequestUri!, location);
            if (next.Scheme is not ("http" or "https") || (origin.Scheme == "https" && next.Scheme != "https"))
            {
                throw new UserException($"{origin.Host} sends us on to {next.Scheme}://{next.Authority}, which is not encrypted", "tell the administrator of that server");
            }
        }

        throw new UserException($"{origin!.Host} sends us in a circle: more than {MostRedirects} redirects", "tell the administrator of that server");
    }

    private HttpResponseMessage SendOne(HttpRequestMessage request)
    {
        // Until the headers of the answer; the body has a guard of its own. An upload takes as long as it takes.
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        if (request.Content is null)
        {
            stall.CancelAfter(_retry.Stall);
        }

        try
        {
            return _client.Send(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
        }
        catch (OperationCanceledException) when (!_cancel.IsCancellationRequested)
        {
            throw new IOException($"{request.RequestUri!.Host} does not answer");
        }
    }

    internal static bool IsSameOrigin(Uri one, Uri other)
        => one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.Host, other.Host, StringComparison.OrdinalIgnoreCase);

    private static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 425 or 429 or 500 or 502 or 503 or 504;

    [SuppressMessage("Security", "CA5359", Justification = "registries.conf(5): insecure allows TLS with certificates that nobody vouches for")]
    private static SslClientAuthenticationOptions AnyCertificate() => new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? header = response.Headers.RetryAfter;
        TimeSpan? asked = header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return asked < TimeSpan.Zero ? TimeSpan.Zero : asked;
    }
}
