using System.IO;
using Kerr.EndToEnd.Configuration;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Registry;

/// <summary>When nobody is asked: digests that are known, --offline, the site's cache. And how large a cache gets.</summary>
public class CacheTests
{
    [Fact]
    public void A_digest_that_is_known_needs_no_registry()
    {
        Caller user = Fresh();
        string uri;
        using (var registry = new LocalRegistry())
        {
            uri = $"docker://{registry.Host}/tool@{registry.Put("tool", "1")}";
            user.Run("exec", uri, "cat", "/hello").Shows("from a registry");
        }

        user.Run("exec", uri, "cat", "/hello").Shows("from a registry");
        user.Run("pull", "x.sif", uri).Succeeds();
        user.Run("exec", uri[..^1] + (uri[^1] == 'a' ? 'b' : 'a'), "cat", "/hello").IsFatal("no connection");
    }

    [Fact]
    public void Offline_takes_what_a_tag_last_stood_for_and_asks_nobody()
    {
        Caller user = Fresh();
        string tag;
        using (var registry = new LocalRegistry())
        {
            registry.Put("tool", "latest");
            tag = $"docker://{registry.Host}/tool";
            user.Run("exec", "--offline", tag, "cat", "/hello").IsFatal("is not in the cache, and --offline lets nobody be asked");
            Assert.Equal(0, registry.Gets("/manifests/"));
            user.Run("pull", "x.sif", tag).Succeeds();
        }

        user.Run("exec", "--offline", tag, "cat", "/hello").Shows("from a registry");
        user.With("APPTAINER_OFFLINE=1").Run("pull", "y.sif", tag + ":latest").Succeeds();
        Assert.Equal(File.ReadAllBytes($"{user.WorkingDirectory}/x.sif"), File.ReadAllBytes($"{user.WorkingDirectory}/y.sif"));
        user.Run("exec", tag, "cat", "/hello").IsFatal("no connection");
        user.Run("exec", "--offline", "--disable-cache", tag, "cat", "/hello").IsFatal("--offline");

        Host.Write($"{user.WorkingDirectory}/image.def", $"Bootstrap: docker\nFrom: {tag["docker://".Length..]}\n%post\n cat /hello > /made\n");
        user.Run("build", "--offline", "--ignore-subuid", "made.sif", "image.def").Succeeds();
        user.Run("exec", "made.sif", "cat", "/made").Shows("from a registry");
    }

    [Fact]
    public void The_sites_cache_serves_all_and_is_not_written()
    {
        using var registry = new LocalRegistry();
        string digest = registry.Put("tool", "1");
        string site = Host.Directory();
        File.SetUnixFileMode(site, Modes.Everybody);
        As.Root.With($"APPTAINER_CACHEDIR={site}").Run("exec", $"docker://{registry.Host}/tool:1", "cat", "/hello").Succeeds();
        Host.Run("chmod", "-R", "a+rX", site);
        string before = Host.Run("find", site, "-printf", "%p %s %T@ %m\n");
        string configuration = ConfigurationFile.With($"site cache = {site}");

        Caller user = Fresh();
        user.Run("-c", configuration, "exec", $"docker://{registry.Host}/tool:1", "cat", "/hello").Shows("from a registry");
        Assert.Equal(3, registry.Gets("/blobs/"));
        user.Run("cache", "list").Shows("There are 0 container file(s)");
        user.Run("-c", configuration, "build", "own.sif", $"docker://{registry.Host}/tool@{digest}").Succeeds();
        Assert.Equal(3, registry.Gets("/blobs/"));
        Assert.Equal(before, Host.Run("find", site, "-printf", "%p %s %T@ %m\n"));

        Host.Run("chmod", "o+w", $"{site}/cache/oci-tmp");
        user.Run("-c", configuration, "exec", $"docker://{registry.Host}/tool:1", "cat", "/hello").Warns("everybody can write to");
        Assert.Equal(6, registry.Gets("/blobs/"));
    }

    [Fact]
    public void A_limit_keeps_what_was_used_last()
    {
        using var registry = new LocalRegistry();
        registry.Put("one", "1");
        Caller user = Fresh();
        user.Run("pull", "x.sif", $"docker://{registry.Host}/one:1").Succeeds();
        string cache = $"{user.WorkingDirectory}/.apptainer/cache";
        Host.Run("find", cache, "-type", "f", "-exec", "touch", "-a", "-m", "-d", "2 hours ago", "{}", "+");

        user.With("KERR_CACHE_QUOTA=1K").Run("pull", "y.sif", $"oras://{Push(registry, user)}").Succeeds();
        Assert.Empty(Directory.GetFiles($"{cache}/oci-tmp"));
        Assert.Single(Directory.GetFiles($"{cache}/oras"));
        user.With("KERR_CACHE_QUOTA=much").Run("pull", "z.sif", $"docker://{registry.Host}/one:1").IsFatal("KERR_CACHE_QUOTA: much is no size");
    }

    [Fact]
    public void F09_Garbage_in_the_cache_is_no_image_and_stops_nobody()
    {
        using var registry = new LocalRegistry();
        string digest = registry.Put("tool", "1");
        Caller user = Fresh();
        string cache = $"{user.WorkingDirectory}/.apptainer/cache", uri = $"docker://{registry.Host}/tool:1";
        user.Run("pull", "x.sif", uri).Succeeds();

        foreach (string file in Directory.GetFiles($"{cache}/blob/blobs/sha256"))
        {
            File.WriteAllText(file, "garbage");     // another length: fetched again
        }

        foreach (string name in (string[])["blob/index.json", "blob/oci-layout", "known/" + Path.GetFileName(Directory.GetFiles($"{cache}/known")[0]), "locks/left", "oci-tmp/.kerr-1-left.tmp"])
        {
            Host.Write($"{cache}/{name}", "\0garbage{");
        }

        Host.Run("rm", $"{cache}/oci-tmp/{digest["sha256:".Length..]}");
        user.Run("pull", "y.sif", uri).Succeeds();
        Assert.Equal(File.ReadAllBytes($"{user.WorkingDirectory}/x.sif"), File.ReadAllBytes($"{user.WorkingDirectory}/y.sif"));
        user.Run("cache", "list").Succeeds();
        user.Run("cache", "clean", "--force").Succeeds();
    }

    [Fact]
    public void A_proxy_of_the_environment_is_used()
    {
        using var registry = new LocalRegistry();
        registry.Put("tool", "1");
        using var proxy = new ForwardingProxy(registry.Host);
        Caller user = Fresh().With($"http_proxy=http://{proxy.Host}");

        user.Run("pull", "--no-https", "x.sif", "docker://registry.invalid/tool:1").Succeeds();
        Assert.Contains(proxy.Asked, static line => line.StartsWith("GET http://registry.invalid/v2/tool/manifests/1 ", System.StringComparison.Ordinal));
        user.With("no_proxy=registry.invalid").Run("pull", "--no-https", "y.sif", "docker://registry.invalid/tool:1").IsFatal("registry.invalid");
    }

    private static string Push(LocalRegistry registry, Caller user)
    {
        user.Run("push", Images.Sif, $"oras://{registry.Host}/files/x:1").Succeeds();
        return $"{registry.Host}/files/x:1";
    }

    private static Caller Fresh()
    {
        string home = Host.Directory(TestUser.First);
        return As.User.In(home).With($"HOME={home}");
    }
}
