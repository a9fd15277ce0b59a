using System.IO;
using Kerr.Linux;
using Kerr.Registry.References;
using Xunit;

namespace Kerr.Tests.Registry.References;

/// <summary>Names of images mean what they mean to Docker and the peers, and nothing else gets through.</summary>
public sealed class ReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("alpine", "index.docker.io", "library/alpine", "latest")]
    [InlineData("docker.io/alpine:3.20", "index.docker.io", "library/alpine", "3.20")]
    [InlineData("group/tools", "index.docker.io", "group/tools", "latest")]
    [InlineData("localhost/tools", "localhost", "tools", "latest")]
    [InlineData("localhost:5000/a/b/c:x_1.2-3", "localhost:5000", "a/b/c", "x_1.2-3")]
    [InlineData("[::1]:5000/a:b", "[::1]:5000", "a", "b")]
    [InlineData("image/does/not:exist", "index.docker.io", "image/does/not", "exist")]
    public void Reads_host_repository_and_tag(string text, string host, string repository, string tag)
    {
        RegistryReference reference = RegistryReference.Parse(text);

        Assert.Equal((host, repository, tag), (reference.Host, reference.Repository, reference.Tag));
    }

    [Fact]
    public void A_digest_counts_before_a_tag()
    {
        RegistryReference reference = RegistryReference.Parse($"ghcr.io/a/b:1@sha256:{Hex}");

        Assert.Equal(("1", $"sha256:{Hex}"), (reference.Tag, reference.ManifestName));
        Assert.Null(RegistryReference.Parse($"a@sha256:{Hex}").Tag);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper/case")]
    [InlineData("a/../b")]              // would change the URL
    [InlineData("a//b")]
    [InlineData("a?x=1")]
    [InlineData("a:tag/with/slash:")]
    [InlineData("a:-x")]
    [InlineData("host.example:0/a")]
    [InlineData("host.example:65536/a")]
    [InlineData("user@host.example/a")]
    [InlineData("a@sha256:0123")]
    [InlineData("a@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("a@sha256:../../../../../../../../../../../../etc/passwd0000000000000000000000000")]   // 64 characters
    public void Refuses_what_follows_no_grammar(string text) => Assert.Throws<UserException>(() => RegistryReference.Parse(text));

    [Theory]
    [InlineData("sha256:" + Hex, true)]
    [InlineData("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", false)]  // upper case is another path
    [InlineData("sha256:" + Hex + "0", false)]
    [InlineData("sha256-" + Hex, false)]
    [InlineData("sha1:0123456789abcdef0123456789abcdef01234567", false)]
    [InlineData("", false)]
    public void Digests_are_exact(string text, bool good)
    {
        Assert.Equal(good, Digest.TryParse(text, out _));
        if (!good)
        {
            Assert.Throws<InvalidDataException>(() => Digest.Parse(text));
        }
    }

    [Theory]
    [InlineData("docker://alpine", Transport.Docker, "alpine")]
    [InlineData("docker:alpine", Transport.Docker, "alpine")]
    [InlineData("oci:dir:tag", Transport.OciLayout, "dir:tag")]
    [InlineData("oci-archive:/a/b.tar", Transport.OciArchive, "/a/b.tar")]
    [InlineData("docker-archive://x.tar", Transport.DockerArchive, "x.tar")]
    [InlineData("https://example.org/x.sif", Transport.Https, "example.org/x.sif")]
    [InlineData("nosuch://x", Transport.Unknown, "x")]
    public void Knows_uris(string text, Transport transport, string rest)
    {
        ImageUri uri = ImageUri.TryParse(text)!;

        Assert.Equal((transport, rest), (uri.Transport, uri.Rest));
    }

    [Theory]
    [InlineData("image.sif")]
    [InlineData("/a/b:c")]
    [InlineData("nosuch:x")]
    [InlineData("instance://x")]
    [InlineData("./docker:x")]
    public void Leaves_paths_alone(string text) => Assert.Null(ImageUri.TryParse(text));

    [Theory]
    [InlineData("docker://alpine", "alpine_latest.sif")]
    [InlineData("oras://host:5000/a/tools:1.2", "tools_1.2.sif")]
    [InlineData("docker://a/name@sha256:abc", "name@sha256_abc.sif")]
    [InlineData("library://a/b/c:x,y", "c_x.sif")]
    [InlineData("https://example.org/d/x.sif?y=z", "x.sif")]
    public void Names_files_as_the_peers_do(string uri, string name) => Assert.Equal(name, ImageUri.TryParse(uri)!.DefaultFileName());

    [Theory]
    [InlineData("amd64", "", "linux/amd64")]
    [InlineData("arm64", "", "linux/arm64/v8")]
    [InlineData("arm", "6", "linux/arm/v6")]
    [InlineData("arm32v5", "", "linux/arm/v5")]
    [InlineData("linux/arm64/v8", "", "linux/arm64/v8")]
    public void Reads_platforms(string architecture, string variant, string expected)
        => Assert.Equal(expected, Platform.Parse(architecture, variant).ToString());

    [Theory]
    [InlineData("amd", "", "arch: amd is not valid")]
    [InlineData("arm", "9", "arch: arm32v9 is not valid")]
    public void Refuses_other_platforms(string architecture, string variant, string message)
        => Assert.Contains(message, Assert.Throws<UserException>(() => Platform.Parse(architecture, variant)).Message, System.StringComparison.Ordinal);

    [Theory]
    [InlineData("library://a/b/c:1", null, "a/b/c", "1")]
    [InlineData("library://c", null, "library/default/c", "latest")]
    [InlineData("library://lib.example.org/a/b/c", "lib.example.org", "a/b/c", "latest")]
    public void Reads_library_names(string uri, string? host, string path, string tag)
    {
        LibraryReference reference = LibraryReference.Parse(ImageUri.TryParse(uri)!.Rest);

        Assert.Equal((host, path, tag), (reference.Host, reference.Path, reference.Tag));
        Assert.Throws<UserException>(() => LibraryReference.Parse("a/../b"));
    }

    [Fact]
    public void Mirrors_come_before_the_registry_itself()
    {
        RegistriesConf conf = RegistriesConf.Parse("""
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            prefix = "docker.io"      # all of it
            location = "docker.io"
            [[registry.mirror]]
            location = "mirror.example:5000/hub"
            insecure = true
            [[registry]]
            location = "plain.example"
            insecure = true
            [[registry]]
            location = "bad.example"
            blocked = true
            """, "registries.conf");

        var endpoints = conf.EndpointsOf(RegistryReference.Parse("alpine:3"));
        Assert.Equal(["mirror.example:5000/hub/library/alpine:3", "index.docker.io/library/alpine:3"], [endpoints[0].Reference.ToString(), endpoints[1].Reference.ToString()]);
        Assert.Equal((true, false), (endpoints[0].Insecure, endpoints[1].Insecure));
        Assert.True(Assert.Single(conf.EndpointsOf(RegistryReference.Parse("plain.example/a"))).Insecure);
        Assert.False(Assert.Single(conf.EndpointsOf(RegistryReference.Parse("plain.example.org/a"))).Insecure);
        Assert.Throws<UserException>(() => conf.EndpointsOf(RegistryReference.Parse("bad.example/a")));
        Assert.Throws<UserException>(() => RegistriesConf.Parse("[[registry]]\nlocation = 5\n", "x"));
    }
}
