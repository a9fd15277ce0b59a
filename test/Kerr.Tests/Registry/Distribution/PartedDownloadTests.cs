using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Registry.Distribution;

/// <summary>Large layers are fetched in parts, several at a time, from servers that give parts; from others as a whole.</summary>
public sealed class PartedDownloadTests : IDisposable
{
    private const int PartSize = 10_000;
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 64_321).Select(static i => (byte)(i * 31 >> 3))];
    private static readonly BlobDescriptor s_blob = new("application/octet-stream", Digest.Of(s_content), s_content.Length);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Parts_come_side_by_side_and_make_the_whole()
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : Part(asked));

        Assert.Equal(s_content, Fetch(server));
        string[] ranges = [.. server.Requests.Select(static asked => asked.Header("range") ?? "").Where(static range => range.Length > 0).Order(StringComparer.Ordinal)];
        Assert.Equal(7, ranges.Length);
        Assert.Contains("bytes=60000-64320", ranges);
    }

    [Fact]
    public void A_part_goes_on_where_its_connection_broke()
    {
        int broken = 0;
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([])
            : asked.Header("range")!.StartsWith("bytes=20000-", StringComparison.Ordinal) && Interlocked.Increment(ref broken) == 1 ? Part(asked) with { CutAt = 5000 } : Part(asked));

        Assert.Equal(s_content, Fetch(server));
        Assert.Contains(server.Requests, static asked => asked.Header("range") is { } range && range.EndsWith("-29999", StringComparison.Ordinal) && !range.StartsWith("bytes=20000", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_without_parts_gives_the_whole()
    {
        using var server = new FaultyServer(static asked => FaultyServer.Ok(asked.Path == "/v2/" ? [] : s_content));

        Assert.Equal(s_content, Fetch(server));
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_fetched_again_as_a_whole()
    {
        using var server = new FaultyServer(static asked =>
        {
            if (asked.Path == "/v2/")
            {
                return FaultyServer.Ok([]);
            }

            Answer answer = asked.Header("range") is null ? FaultyServer.Ok(s_content) : Part(asked);
            if (asked.Header("range") == "bytes=30000-39999")
            {
                answer.Body[17] ^= 1;
            }

            return answer;
        });

        Assert.Equal(s_content, Fetch(server));
        Assert.Contains(server.Requests, static asked => asked.Path != "/v2/" && asked.Header("range") is null);
    }

    [Theory]
    [InlineData("bytes {0}-{1}/99")]            // of something of another length
    [InlineData("bytes 5-{1}/64321")]           // not the part that was asked for
    public void A_part_of_something_else_is_not_taken(string range)
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([])
            : asked.Header("range") is null ? FaultyServer.Ok(s_content) : Part(asked, range));

        Assert.Equal(s_content, Fetch(server));
    }

    [Fact]
    public void A_part_that_never_comes_ends_after_a_bounded_number_of_attempts()
    {
        using var server = new FaultyServer(static asked => asked.Path == "/v2/" ? FaultyServer.Ok([])
            : asked.Header("range")!.StartsWith("bytes=40000-", StringComparison.Ordinal) ? Part(asked) with { CutAt = 0 } : Part(asked));

        Assert.Contains("broke", Assert.Throws<TransferException>(() => Fetch(server)).Message, StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count(static asked => asked.Header("range") is { } range && range.StartsWith("bytes=40000-", StringComparison.Ordinal)), 2, 10);
    }

    private static Answer Part(Asked asked, string format = "bytes {0}-{1}/64321")
    {
        string[] ends = asked.Header("range")!["bytes=".Length..].Split('-');
        int from = int.Parse(ends[0], CultureInfo.InvariantCulture), to = int.Parse(ends[1], CultureInfo.InvariantCulture);
        return new Answer(206, s_content[from..(to + 1)], "Content-Range: " + string.Format(CultureInfo.InvariantCulture, format, from, to));
    }

    private byte[] Fetch(FaultyServer server)
    {
        string path = _directory.File("blob");
        using var client = new RegistryClient(RegistryReference.Parse($"{server.Host}/a/b"), false, new RegistryOptions
        {
            PartSize = PartSize,
            Retry = new RetryPolicy(5, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5)),
        });
        using (SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0b110_000_000))
        {
            long told = 0;
            client.GetBlob(s_blob, file, count => Interlocked.Add(ref told, count));
            Assert.Equal(s_blob.Size, told);
        }

        return File.ReadAllBytes(path);
    }
}
