using System;
using System.IO;
using System.Runtime.Versioning;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Cache;
using Kerr.Registry.References;
using Xunit;

namespace Kerr.Tests.Registry.Cache;

/// <summary>A user's cache: the site's beneath it, its limit, and what it knows of URIs.</summary>
[SupportedOSPlatform("linux")]
public sealed class ImageCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_the_sites_cache_has_is_not_made()
    {
        ImageCache site = ImageCache.Open($"{_directory.Path}/site");
        Put(site, "aa", 10, TimeSpan.Zero);
        ImageCache own = ImageCache.Open($"{_directory.Path}/own", new CachePolicy(CachePolicy.Trusted($"{_directory.Path}/site", out _), 0));

        Assert.Equal(site.PathOf(CacheKind.OciTmp, "aa"), own.Get(own.PathOf(CacheKind.OciTmp, "aa"), static _ => Assert.Fail("made"), TestContext.Current.CancellationToken));
        Assert.Null(own.Find(own.PathOf(CacheKind.OciTmp, "aa"), size: 11));
        Assert.Null(own.Find(own.PathOf(CacheKind.OciTmp, "bb")));
    }

    [Fact]
    public void The_users_own_entry_comes_before_the_sites()
    {
        ImageCache site = ImageCache.Open($"{_directory.Path}/site");
        Put(site, "aa", 10, TimeSpan.Zero);
        ImageCache own = ImageCache.Open($"{_directory.Path}/own", new CachePolicy(site.Root, 0));
        Put(own, "aa", 10, TimeSpan.Zero);

        Assert.Equal(own.PathOf(CacheKind.OciTmp, "aa"), own.Find(own.PathOf(CacheKind.OciTmp, "aa")));
    }

    [Theory]
    [InlineData("site")]
    [InlineData("site/cache")]
    [InlineData("site/cache/oci-tmp")]
    public void A_cache_that_everybody_writes_to_is_not_trusted(string open)
    {
        _ = ImageCache.Open($"{_directory.Path}/site");
        Assert.NotNull(CachePolicy.Trusted($"{_directory.Path}/site", out _));
        File.SetUnixFileMode($"{_directory.Path}/{open}", (UnixFileMode)0x1FF);

        Assert.Null(CachePolicy.Trusted($"{_directory.Path}/site", out string? reason));
        Assert.Contains($"{_directory.Path}/{open}", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_the_limit_what_was_not_used_for_longest_goes()
    {
        ImageCache cache = ImageCache.Open(_directory.Path, new CachePolicy(null, 250));
        Put(cache, "aa", 100, TimeSpan.FromHours(3));
        Put(cache, "bb", 100, TimeSpan.FromHours(2));
        Put(cache, "cc", 40, TimeSpan.FromHours(1));
        Assert.NotNull(cache.Find(cache.PathOf(CacheKind.OciTmp, "aa")));    // used now: bb is the oldest

        _ = cache.Get(cache.PathOf(CacheKind.OciTmp, "dd"), static file => FileCalls.Write(file.File, 0, new byte[100]), TestContext.Current.CancellationToken);

        Assert.True(File.Exists(cache.PathOf(CacheKind.OciTmp, "aa")));
        Assert.False(File.Exists(cache.PathOf(CacheKind.OciTmp, "bb")));
        Assert.True(File.Exists(cache.PathOf(CacheKind.OciTmp, "cc")));      // 240 is within the limit
        Assert.True(File.Exists(cache.PathOf(CacheKind.OciTmp, "dd")));
    }

    [Fact]
    public void What_transfers_at_work_use_stays_even_beyond_the_limit()
    {
        ImageCache cache = ImageCache.Open(_directory.Path, new CachePolicy(null, 1));
        Put(cache, "aa", 100, TimeSpan.FromMinutes(1));
        _ = cache.Get(cache.PathOf(CacheKind.OciTmp, "dd"), static file => FileCalls.Write(file.File, 0, new byte[100]), TestContext.Current.CancellationToken);

        Assert.True(File.Exists(cache.PathOf(CacheKind.OciTmp, "aa")));
        Assert.True(File.Exists(cache.PathOf(CacheKind.OciTmp, "dd")));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    [InlineData("20G", 20L << 30)]
    [InlineData("20 GiB", -1)]
    [InlineData("20GiB", 20L << 30)]
    [InlineData("1t", 1L << 40)]
    [InlineData("K", -1)]
    [InlineData("-1", -1)]
    [InlineData("9999999999T", -1)]      // would overflow
    [InlineData("", -1)]
    public void Sizes_are_exact_or_refused(string text, long bytes)
    {
        if (bytes >= 0)
        {
            Assert.Equal(bytes, CachePolicy.ParseSize(text, "cache quota"));
        }
        else
        {
            Assert.Contains("cache quota", Assert.Throws<UserException>(() => CachePolicy.ParseSize(text, "cache quota")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_URI_is_known_by_its_platform_as_long_as_its_file_is_there()
    {
        ImageCache cache = ImageCache.Open(_directory.Path);
        var known = new KnownImages(cache);
        Platform one = Platform.Parse("amd64"), other = Platform.Parse("arm64");
        known.Note("docker://x", one, CacheKind.OciTmp, "aa");
        Assert.Null(known.Find("docker://x", one));

        Put(cache, "aa", 1, TimeSpan.Zero);
        Assert.Equal(cache.PathOf(CacheKind.OciTmp, "aa"), known.Find("docker://x", one));
        Assert.Null(known.Find("docker://x", other));
        Assert.Null(known.Find("docker://y", one));
    }

    [Theory]
    [InlineData("oci-tmp ../../../etc/passwd")]
    [InlineData("oci-tmp")]
    [InlineData("oci-tmp aa bb")]
    [InlineData("elsewhere aa")]
    [InlineData("")]
    public void A_damaged_note_names_no_file(string text)
    {
        ImageCache cache = ImageCache.Open(_directory.Path);
        Put(cache, "aa", 1, TimeSpan.Zero);
        var known = new KnownImages(cache);
        Platform platform = Platform.Parse("amd64");
        known.Note("docker://x", platform, CacheKind.OciTmp, "aa");
        File.WriteAllText(Assert.Single(Directory.GetFiles($"{cache.Root}/known")), text);

        Assert.Null(known.Find("docker://x", platform));
    }

    private static void Put(ImageCache cache, string key, int size, TimeSpan age)
    {
        string path = cache.PathOf(CacheKind.OciTmp, key);
        File.WriteAllBytes(path, Encoding.ASCII.GetBytes(new string('x', size)));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
        File.SetLastAccessTimeUtc(path, DateTime.UtcNow - age);
    }
}
