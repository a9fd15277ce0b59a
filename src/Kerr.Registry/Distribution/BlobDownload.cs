using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Threading;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Distribution;

/// <summary>Fetches some content into a file: goes on where a connection broke, and holds the whole against digest and length.</summary>
internal sealed class BlobDownload(HttpSender sender, Func<Action<HttpRequestMessage>, HttpResponseMessage> send, BlobDescriptor blob, Action<long> progress)
{
    private readonly byte[] _buffer = new byte[1 << 17];
    private IncrementalHash _hash = blob.Digest.StartHash();
    private long _at;

    /// <exception cref="TransferException">No attempt got further.</exception>
    /// <exception cref="InvalidDataException">What came is not what was named.</exception>
    internal void To(SafeFileHandle file)
    {
        bool startedAnew = false;
        for (int failures = 0; ;)
        {
            long before = _at;
            try
            {
                Receive(file);
                if (_at == blob.Size)
                {
                    string found = Convert.ToHexStringLower(_hash.GetHashAndReset());
                    if (found == blob.Digest.Hex)
                    {
                        return;
                    }

                    // A proxy that mixed up two answers, a bit that flipped: once more from the start, then it is the server's fault.
                    if (startedAnew)
                    {
                        throw new InvalidDataException($"what the server gives for {blob.Digest} has the digest {found}");
                    }

                    startedAnew = true;
                    StartAnew(file);
                    continue;
                }
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or ObjectDisposedException && !sender.Cancel.IsCancellationRequested)
            {
                // The connection broke. What has come stays.
            }

            failures = _at > before ? 1 : failures + 1;
            if (failures >= sender.Retry.Attempts)
            {
                throw new TransferException($"the connection broke {failures} times, with {_at} of {blob.Size} bytes received");
            }

            sender.Retry.Pause(failures, null, sender.Cancel);
        }
    }

    private void StartAnew(SafeFileHandle file)
    {
        progress(-_at);
        _hash.Dispose();
        _hash = blob.Digest.StartHash();
        _at = 0;
        FileCalls.SetLength(file, 0);
    }

    private void Receive(SafeFileHandle file)
    {
        using HttpResponseMessage response = send(request =>
        {
            if (_at > 0)
            {
                request.Headers.Range = new RangeHeaderValue(_at, null);
            }
        });
        switch ((int)response.StatusCode)
        {
            case 200 when _at > 0:
                StartAnew(file);    // a server that knows no ranges
                break;
            case 200:
                break;
            case 206 when response.Content.Headers.ContentRange?.From == _at:
                break;
            case 416:
                StartAnew(file);
                return;
            default:
                throw new TransferException($"{response.RequestMessage?.RequestUri?.Host} answers {(int)response.StatusCode} {response.ReasonPhrase} for {blob.Digest}", (int)response.StatusCode);
        }

        if (response.Content.Headers.ContentLength is { } length && length != blob.Size - _at)
        {
            throw new InvalidDataException($"the server gives {length} bytes for {blob.Digest}, which should have {blob.Size - _at}");
        }

        using Stream body = response.Content.ReadAsStream();
        using var guard = new Timer(static state => ((HttpResponseMessage)state!).Dispose(), response, sender.Retry.Stall, Timeout.InfiniteTimeSpan);
        for (int count; (count = body.Read(_buffer)) > 0;)
        {
            sender.Cancel.ThrowIfCancellationRequested();
            guard.Change(sender.Retry.Stall, Timeout.InfiniteTimeSpan);
            if (_at + count > blob.Size)
            {
                throw new InvalidDataException($"the server gives more than the {blob.Size} bytes that {blob.Digest} has");
            }

            ReadOnlySpan<byte> part = _buffer.AsSpan(0, count);
            FileCalls.Write(file, _at, part);
            _hash.AppendData(part);
            _at += count;
            progress(count);
        }
    }
}
