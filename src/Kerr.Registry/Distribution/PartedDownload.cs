using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Distribution;

/// <summary>Fetches some large content in parts, several at a time, and holds the whole against its digest.</summary>
/// <remarks>One connection over a long way carries less than the line does: its window is filled once in a round trip.</remarks>
internal sealed class PartedDownload(HttpSender sender, Func<Action<HttpRequestMessage>, HttpResponseMessage> send, BlobDescriptor blob, Action<long> progress)
{
    private const int MostParts = 64, BufferSize = 1 << 17;

    /// <param name="partSize">Bytes of a part; larger where there would be too many of them.</param>
    /// <param name="streams">Parts at a time.</param>
    /// <returns>False, with an empty file, when this server has to be asked for the whole: it gives no parts, or not those of one content.</returns>
    /// <exception cref="TransferException">No attempt got further.</exception>
    internal bool To(SafeFileHandle file, long partSize, int streams)
    {
        partSize = Math.Max(partSize, blob.Size / MostParts);
        if (!Part(file, 0, Math.Min(partSize, blob.Size)))
        {
            return false;
        }

        long parts = (blob.Size + partSize - 1) / partSize;
        bool all = true;
        try
        {
            Parallel.For(1, parts, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, streams), CancellationToken = sender.Cancel }, (part, state) =>
            {
                long start = part * partSize;
                if (!Part(file, start, Math.Min(partSize, blob.Size - start)))
                {
                    Volatile.Write(ref all, false);
                    state.Stop();
                }
            });
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        if (Volatile.Read(ref all) && IsWhole(file))
        {
            return true;
        }

        // What came has been counted: the counts below bring the display back to nothing.
        progress(-Interlocked.Exchange(ref _received, 0));
        FileCalls.SetLength(file, 0);
        return false;
    }

    private long _received;

    private bool Part(SafeFileHandle file, long start, long length)
    {
        long at = start, end = start + length;
        var buffer = new byte[BufferSize];
        for (int failures = 0; ;)
        {
            long before = at;
            try
            {
                using HttpResponseMessage response = send(request => request.Headers.Range = new RangeHeaderValue(at, end - 1));
                ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
                if ((int)response.StatusCode is 200 or 416 || ((int)response.StatusCode == 206 && (range?.From != at || range.Length is { } all && all != blob.Size)))
                {
                    return false;
                }

                if ((int)response.StatusCode != 206)
                {
                    throw new TransferException($"{response.RequestMessage?.RequestUri?.Host} answers {(int)response.StatusCode} {response.ReasonPhrase} for {blob.Digest}", (int)response.StatusCode);
                }

                using Stream body = response.Content.ReadAsStream();
                using var guard = new Timer(static state => ((HttpResponseMessage)state!).Dispose(), response, sender.Retry.Stall, Timeout.InfiniteTimeSpan);
                for (int count; at < end && (count = body.Read(buffer, 0, (int)Math.Min(buffer.Length, end - at))) > 0; at += count)
                {
                    sender.Cancel.ThrowIfCancellationRequested();
                    guard.Change(sender.Retry.Stall, Timeout.InfiniteTimeSpan);
                    FileCalls.Write(file, at, buffer.AsSpan(0, count));
                    Interlocked.Add(ref _received, count);
                    progress(count);
                }

                if (at == end)
                {
                    return true;
                }
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or ObjectDisposedException && !sender.Cancel.IsCancellationRequested)
            {
                // The connection broke. What has come stays.
            }

            failures = at > before ? 1 : failures + 1;
            if (failures >= sender.Retry.Attempts)
            {
                throw new TransferException($"the connection broke {failures} times, with {at - start} of {length} bytes received of the part at {start} of {blob.Digest}");
            }

            sender.Retry.Pause(failures, null, sender.Cancel);
        }
    }

    private bool IsWhole(SafeFileHandle file)
    {
        using IncrementalHash hash = blob.Digest.StartHash();
        var buffer = new byte[1 << 20];
        for (long at = 0; at < blob.Size;)
        {
            int count = FileCalls.Read(file, at, buffer);
            if (count == 0)
            {
                return false;
            }

            hash.AppendData(buffer, 0, count);
            at += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == blob.Digest.Hex;
    }
}
