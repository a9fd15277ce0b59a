using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Distribution;

/// <summary>A file behind an http URL. There is no digest to hold it against, only the length that the server tells.</summary>
public sealed class FileDownload : IDisposable
{
    private readonly HttpSender _sender;
    private readonly Uri _address;
    private readonly AuthenticationHeaderValue? _authorization;
    private HttpResponseMessage _response;

    private FileDownload(HttpSender sender, Uri address, AuthenticationHeaderValue? authorization, HttpResponseMessage response)
        => (_sender, _address, _authorization, _response) = (sender, address, authorization, response);

    /// <summary>What the server says it is long; null where it does not.</summary>
    public long? Length => _response.Content.Headers.ContentLength;

    /// <summary>The file's name in a cache, as the peers make it: the hash of the URL and the text of its time of change.</summary>
    public string CacheKey
    {
        get
        {
            string changed = _response.Content.Headers.NonValidated.TryGetValues("Last-Modified", out HeaderStringValues values) ? values.ToString() : "";
            return Digest.Of(Encoding.Latin1.GetBytes(Spelled + changed)).Hex;
        }
    }

    private string Spelled { get; init; } = "";

    /// <summary>Asks for a file; the body is not read yet.</summary>
    /// <exception cref="UserException">The server does not give it.</exception>
    public static FileDownload Start(string url, RegistryOptions options, string? token = null)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new UserException($"{url} is no address of a file", "write it like this: https://example.org/image.sif");
        }

        AuthenticationHeaderValue? authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        var sender = new HttpSender(options.Retry, options.NoHttps, options.UserAgent, options.Cancel);
        try
        {
            HttpResponseMessage response = sender.Send(() => new HttpRequestMessage(HttpMethod.Get, address), authorization);
            if (response.IsSuccessStatusCode)
            {
                return new FileDownload(sender, address, authorization, response) { Spelled = url };
            }

            response.Dispose();
            throw new UserException($"{url}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}", "check the address");
        }
        catch (TransferException failure)
        {
            sender.Dispose();
            throw new UserException($"could not get {url}: {failure.Message}", "check the address, or try again later", failure);
        }
        catch
        {
            sender.Dispose();
            throw;
        }
    }

    /// <summary>Fetches it into an empty file; gives its SHA-256.</summary>
    public Digest To(SafeFileHandle file, Action<long> progress)
    {
        long at = 0;
        var buffer = new byte[1 << 17];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int failures = 0; ;)
        {
            long? wanted = Length is { } length ? (_response.StatusCode == System.Net.HttpStatusCode.PartialContent ? at + length : length) : null;
            long before = at;
            try
            {
                using Stream body = _response.Content.ReadAsStream();
                using var guard = new Timer(static state => ((HttpResponseMessage)state!).Dispose(), _response, _sender.Retry.Stall, Timeout.InfiniteTimeSpan);
                for (int count; (count = body.Read(buffer)) > 0; at += count)
                {
                    _sender.Cancel.ThrowIfCancellationRequested();
                    guard.Change(_sender.Retry.Stall, Timeout.InfiniteTimeSpan);
                    FileCalls.Write(file, at, buffer.AsSpan(0, count));
                    hash.AppendData(buffer.AsSpan(0, count));
                    progress(count);
                }

                if (wanted is null || at == wanted)
                {
                    return Digest.OfHash(hash.GetHashAndReset());
                }
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or ObjectDisposedException && !_sender.Cancel.IsCancellationRequested)
            {
                // The connection broke. What has come stays, if the server can go on from there.
            }

            failures = at > before ? 1 : failures + 1;
            if (failures >= _sender.Retry.Attempts)
            {
                throw new UserException($"could not get {_address}: the connection broke, with {at} bytes received", "try again later");
            }

            _sender.Retry.Pause(failures, null, _sender.Cancel);
            GoOn(at);
            if (_response.StatusCode != System.Net.HttpStatusCode.PartialContent)
            {
                progress(-at);
                at = 0;
                _ = hash.GetHashAndReset();
                FileCalls.SetLength(file, 0);
            }
        }
    }

    public void Dispose()
    {
        _response.Dispose();
        _sender.Dispose();
    }

    private void GoOn(long at)
    {
        // The file must not have changed since: If-Range has the server start anew then.
        EntityTagHeaderValue? tag = _response.Headers.ETag;
        DateTimeOffset? changed = _response.Content.Headers.LastModified;
        _response.Dispose();
        try
        {
            _response = _sender.Send(() =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, _address);
                if (tag is { IsWeak: false })
                {
                    request.Headers.IfRange = new RangeConditionHeaderValue(tag);
                }
                else if (changed is { } time)
                {
                    request.Headers.IfRange = new RangeConditionHeaderValue(time);
                }

                if (request.Headers.IfRange is not null)
                {
                    request.Headers.Range = new RangeHeaderValue(at, null);
                }

                return request;
            }, _authorization);
        }
        catch (TransferException failure)
        {
            throw new UserException($"could not get {_address}: {failure.Message}", "try again later", failure);
        }

        if (!_response.IsSuccessStatusCode)
        {
            throw new UserException($"could not get {_address}: the server answers {(int)_response.StatusCode} {_response.ReasonPhrase}", "try again later");
        }
    }
}
