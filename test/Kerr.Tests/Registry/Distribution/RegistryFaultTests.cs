using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Auth;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Kerr.Registry.Sources;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Registry.Distribution;

/// <summary>Registries that fail, lie, or send credentials astray (F39, S03, S14).</summary>
public sealed class RegistryFaultTests : IDisposable
{
    private static readonly byte[] s_content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(static i => $"line {i}\n")));
    private static readonly BlobDescriptor s_blob = new("application/octet-stream", Digest.Of(s_content), s_content.Length);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public void Comes_back_when_a_server_is_busy(int status)
    {
        int count = 0;
        using var server = new FaultyServer(asked => asked.Path == "/v2/" || count++ >= 3 ? FaultyServer.Ok(s_content) : FaultyServer.Text(status, "", "Retry-After: 0"));

        Assert.Equal(s_content, Fetch(server));
        Assert.Equal(4, count);
    }

    [Fact]
    public void Gives_up_after_a_bounded_number_of_attempts()
    {
        int count = 0;
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : Busy());

        var error = Assert.Throws<TransferException>(() => Fetch(server));
        Assert.Equal(503, error.Status);
        Assert.InRange(count, 2, 10);

        Answer Busy()
        {
            count++;
            return FaultyServer.Text(503, "");
        }
    }

    [Fact]
    public void Does_not_wait_as_long_as_a_server_likes()
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : FaultyServer.Text(429, "", "Retry-After: 86400"));

        Assert.Contains("86400", Assert.Throws<TransferException>(() => Fetch(server)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_on_where_a_connection_broke()
    {
        var starts = new List<string?>();
        using var server = new FaultyServer(asked =>
        {
            if (asked.Path == "/v2/")
            {
                return FaultyServer.Ok([]);
            }

            starts.Add(asked.Header("range"));
            int from = asked.Header("range") is { } range ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            byte[] rest = s_content[from..];
            return new Answer(from == 0 ? 200 : 206, rest, $"Content-Range: bytes {from}-{s_content.Length - 1}/{s_content.Length}") { CutAt = starts.Count < 4 ? rest.Length / 2 : -1 };
        });

        Assert.Equal(s_content, Fetch(server));
        Assert.Null(starts[0]);
        Assert.True(starts.Skip(1).All(static start => start is not null));
    }

    [Fact]
    public void Starts_anew_where_a_server_knows_no_ranges()
    {
        int count = 0;
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : new Answer(200, s_content) { CutAt = count++ == 0 ? 1000 : -1 });

        Assert.Equal(s_content, Fetch(server));
    }

    [Fact]
    public void Other_content_is_refused()
    {
        byte[] other = [.. s_content];
        other[77] ^= 1;
        using var server = new FaultyServer(asked => FaultyServer.Ok(asked.Path == "/v2/" ? [] : other));

        Assert.Contains("digest", Assert.Throws<InvalidDataException>(() => Fetch(server)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public void A_wrong_length_is_refused(int length)
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : FaultyServer.Ok(new byte[length]));

        Assert.Contains($"{length} bytes", Assert.Throws<InvalidDataException>(() => Fetch(server)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Redirects_in_a_circle_end()
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : FaultyServer.Text(307, "", $"Location: {asked.Path}?again"));

        Assert.Contains("circle", Assert.Throws<UserException>(() => Fetch(server)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("Bearer realm=\"http://HOST/token\",service=\"s\",scope=\"repository:a/b:pull\"")]
    public void A_redirect_to_another_origin_gets_no_credential(string challenge)
    {
        using var elsewhere = new FaultyServer(static _ => FaultyServer.Ok(s_content));
        FaultyServer? server = null;
        using FaultyServer own = server = new FaultyServer(asked =>
            asked.Path.StartsWith("/token", StringComparison.Ordinal) ? FaultyServer.Text(200, """{"token":"T"}""")
            : asked.Path == "/v2/" ? FaultyServer.Ok([])
            : asked.Header("authorization") is null ? FaultyServer.Text(401, "", "WWW-Authenticate: " + challenge.Replace("HOST", server!.Host, StringComparison.Ordinal))
            : FaultyServer.Text(307, "", $"Location: http://{elsewhere.Host}/storage"));

        Assert.Equal(s_content, Fetch(own, new Credential("me", "secret")));
        Assert.Contains(own.Requests, static asked => asked.Header("authorization") is not null);
        Assert.Null(Assert.Single(elsewhere.Requests).Header("authorization"));
    }

    [Fact]
    public void The_token_service_is_told_who_asks_and_for_what()
    {
        FaultyServer? server = null;
        using FaultyServer own = server = new FaultyServer(asked =>
            asked.Path.StartsWith("/token", StringComparison.Ordinal) ? FaultyServer.Text(200, """{"access_token":"T"}""")
            : asked.Header("authorization") == "Bearer T" ? FaultyServer.Ok(s_content)
            : asked.Path == "/v2/" ? FaultyServer.Ok([])
            : FaultyServer.Text(401, "", $"WWW-Authenticate: Bearer realm=\"http://{server!.Host}/token?a=b\",service=\"reg\""));

        Assert.Equal(s_content, Fetch(own, new Credential("me", "p:w")));
        Asked token = own.Requests.Single(static asked => asked.Path.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal("/token?a=b&service=reg&scope=repository%3Aa%2Fb%3Apull", token.Path);
        Assert.Equal("Basic " + Convert.ToBase64String("me:p:w"u8), token.Header("authorization"));
    }

    [Fact]
    public void A_login_that_is_missing_or_wrong_says_so()
    {
        using var server = new FaultyServer(asked => asked.Path == "/v2/" ? FaultyServer.Ok([]) : FaultyServer.Text(401, "", "WWW-Authenticate: Basic realm=\"x\""));

        Assert.Contains("wants a login", Assert.Throws<UserException>(() => Fetch(server)).Message, StringComparison.Ordinal);
        UserException wrong = Assert.Throws<UserException>(() => Fetch(server, new Credential("me", "secret")));
        Assert.Contains("me", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrong.Message + wrong.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}""", "both")]
    [InlineData("""{"schemaVersion":2}""", "neither")]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", "schema 1")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.index.v1+json","config":{},"layers":[]}""", "is not")]
    [InlineData("""{"config":{"mediaType":"","digest":"sha256:../../../etc/passwd","size":1},"layers":[]}""", "digest")]
    [InlineData("""{"config":{"mediaType":"","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":-1},"layers":[]}""", "size")]
    [InlineData("""{"config":{"mediaType":"","digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":9223372036854775807},"layers":[]}""", "size")]
    [InlineData("no json", "JSON")]
    [InlineData("[]", "neither")]
    public void Manifests_that_are_none_are_refused(string manifest, string why)
        => Assert.Contains(why, Assert.Throws<InvalidDataException>(() => ImageManifest.Parse(Encoding.UTF8.GetBytes(manifest), null)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_manifest_that_its_server_calls_something_else_is_refused()
        => Assert.Throws<InvalidDataException>(() => ImageManifest.Parse("""{"config":{},"layers":[]}"""u8.ToArray(), ImageManifest.OciIndex));

    [Fact]
    public void The_manifest_that_was_asked_for_by_digest_is_the_one_that_counts()
    {
        using var server = new FaultyServer(static _ => FaultyServer.Text(200, "{}"));
        using var client = new RegistryClient(RegistryReference.Parse($"{server.Host}/a/b@{s_blob.Digest}"), false, Options(null));

        Assert.Contains("another manifest", Assert.Throws<UserException>(() => client.GetManifest(client.Reference.ManifestName)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_serves_the_platform_best()
    {
        string Entry(char c, string architecture, string variant)
            => "{\"mediaType\":\"" + ImageManifest.OciManifest + "\",\"digest\":\"sha256:" + new string(c, 64) + "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\""
                + architecture + "\",\"variant\":\"" + variant + "\"}}";
        string entries = string.Join(',', Entry('a', "amd64", ""), Entry('b', "arm", "v5"), Entry('c', "arm", "v6"), Entry('d', "unknown", ""));
        byte[] index = Encoding.UTF8.GetBytes("{\"manifests\":[" + entries + "]}");
        ImageManifest manifest = ImageManifest.Parse(index, null);

        Assert.Equal('a', manifest.Select(Platform.Parse("amd64")).Digest.Hex[0]);
        Assert.Equal('c', manifest.Select(Platform.Parse("arm", "7")).Digest.Hex[0]);
        Assert.Equal('b', manifest.Select(Platform.Parse("arm", "5")).Digest.Hex[0]);
        Assert.Contains("linux/amd64", Assert.Throws<InvalidDataException>(() => manifest.Select(Platform.Parse("s390x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_come_from_the_first_file_that_has_them()
    {
        string first = _directory.Write("a.json", """{"auths":{"other:1":{"auth":"eDp5"}}}""");
        string second = _directory.Write("b.json", """{"auths":{"h:1":{"auth":"dTpwOnE="},"https://index.docker.io/v1/":{"identitytoken":"IT"}}}""");

        Assert.Null(CredentialFile.Load(first).Find("h:1", []));
        Assert.Equal(new Credential("u", "p:q"), CredentialFile.Load(second).Find("h:1", []));
        Assert.True(CredentialFile.Load(second).Find(RegistryReference.DockerHub, [])!.IsIdentityToken);
        Assert.Throws<UserException>(() => CredentialFile.Load(_directory.Write("c.json", "[")));
    }

    [Fact]
    public void A_login_is_kept_for_its_owner_only_and_leaves_the_rest_alone()
    {
        string path = _directory.Write("x.json", """{"credHelpers":{"a":"b"},"auths":{"old":{"auth":"eDp5"}}}""");
        CredentialFile.Load(path).Set("h:1", new Credential("u", "p"));

        Assert.Equal(0b110_000_000, FileSystem.TryStat(path)!.Value.Permissions);
        Assert.Equal(new Credential("u", "p"), CredentialFile.Load(path).Find("h:1", []));
        Assert.Contains("credHelpers", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.True(CredentialFile.Load(path).Remove("h:1"));
        Assert.False(CredentialFile.Load(path).Remove("h:1"));
        Assert.Equal(new Credential("x", "y"), CredentialFile.Load(path).Find("old", []));
    }

    [Fact]
    public void Asks_a_credential_helper()
    {
        string helper = _directory.Write("docker-credential-mine", "#!/bin/sh\nread host\n[ \"$1 $host\" = 'get h:1' ] && echo '{\"Username\":\"u\",\"Secret\":\"s\"}' || { echo 'credentials not found in native keychain'; exit 1; }\n");
        using (SafeFileHandle file = FileCalls.Open(helper, OpenFlags.O_RDONLY))
        {
            FileCalls.SetPermissions(file, 0b111_101_101);
        }

        CredentialFile config = CredentialFile.Load(_directory.Write("x.json", """{"credsStore":"mine","credHelpers":{"bad:1":"../../evil"}}"""));
        string[] environment = [$"PATH={_directory.Path}"];
        Assert.Equal(new Credential("u", "s"), config.Find("h:1", environment));
        Assert.Null(config.Find("other:1", environment));
        Assert.Throws<UserException>(() => config.Find("bad:1", environment));
    }

    [Fact]
    public void One_download_serves_all_who_want_it_at_once()
    {
        int downloads = 0;
        ImageCache cache = ImageCache.Open(_directory.File("home"));
        string path = cache.PathOf(s_blob.Digest);
        System.Threading.Tasks.Parallel.For(0, 16, _ => cache.Get(path, file =>
        {
            System.Threading.Interlocked.Increment(ref downloads);
            System.Threading.Thread.Sleep(100);
            FileCalls.Write(file.File, 0, s_content);
        }, TestContext.Current.CancellationToken));

        Assert.Equal(1, downloads);
        Assert.Equal(s_content, File.ReadAllBytes(path));
        Assert.Empty(Directory.GetFiles(_directory.File("home/cache/locks")));
        Assert.Equal(0b111_000_000, FileSystem.TryStat(cache.Blobs)!.Value.Permissions);
    }

    [Fact]
    public void What_failed_is_no_entry()
    {
        ImageCache cache = ImageCache.Open(_directory.File("home"));
        string path = cache.PathOf(CacheKind.Net, "ab");

        Assert.Throws<TransferException>(() => cache.Get(path, static file =>
        {
            FileCalls.Write(file.File, 0, s_content);
            throw new TransferException("cut");
        }, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFileSystemEntries(cache.DirectoryOf(CacheKind.Net)));
        Assert.Empty(CacheEntries.Of(cache.Root, CacheKind.Net));
    }

    [Fact]
    public void A_cached_blob_of_another_length_is_fetched_again()
    {
        ImageCache cache = ImageCache.Open(_directory.File("home"));
        File.WriteAllText(cache.PathOf(s_blob.Digest), "half");
        using var blobs = new CachedBlobs(cache);

        Assert.False(blobs.Has(s_blob));
        blobs.Add(s_blob, static file => FileCalls.Write(file, 0, s_content), Options(null));
        Assert.True(blobs.Has(s_blob));
    }

    [Fact]
    public void Damaged_blobs_are_noticed_while_they_are_read()
    {
        byte[] other = [.. s_content];
        other[5] ^= 1;
        using var damaged = new CheckedStream(new MemoryStream(other), s_blob);
        using var shorter = new CheckedStream(new MemoryStream(s_content[1..]), s_blob);
        using var good = new CheckedStream(new MemoryStream(s_content), s_blob);

        Assert.Throws<InvalidDataException>(damaged.Finish);
        Assert.Throws<InvalidDataException>(shorter.Finish);
        good.Finish();
    }

    private byte[] Fetch(FaultyServer server, Credential? credential = null)
    {
        string path = _directory.File("blob");
        using var client = new RegistryClient(RegistryReference.Parse($"{server.Host}/a/b"), false, Options(credential));
        using SafeFileHandle file = FileCalls.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0b110_000_000);
        long told = 0;
        client.GetBlob(s_blob, file, count => told += count);
        Assert.Equal(s_blob.Size, told);
        return File.ReadAllBytes(path);
    }

    private static RegistryOptions Options(Credential? credential) => new()
    {
        Credential = credential,
        Retry = new RetryPolicy(5, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5)),
    };
}
