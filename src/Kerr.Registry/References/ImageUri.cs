using System;
using Kerr.Linux;

namespace Kerr.Registry.References;

/// <summary>Where an image comes from, by the word before the colon.</summary>
public enum Transport
{
    /// <summary>A word that stands for none that is known.</summary>
    Unknown,
    Docker,
    DockerArchive,
    DockerDaemon,
    OciLayout,
    OciArchive,
    Oras,
    Library,
    Http,
    Https,

    /// <summary>A directory with a Dockerfile, which BuildKit makes an image of; for builds only.</summary>
    Dockerfile,

    /// <summary>Known to the peers, and not served here: shub, ipfs.</summary>
    Unserved,
}

/// <summary>An image named by a URI: <c>docker://alpine</c>, <c>oci:directory:tag</c>.</summary>
/// <param name="Scheme">The word before the colon.</param>
/// <param name="Rest">What follows the colon, without the two slashes.</param>
public sealed record ImageUri(string Scheme, string Rest)
{
    public Transport Transport { get; } = Scheme switch
    {
        "docker" => Transport.Docker,
        "docker-archive" => Transport.DockerArchive,
        "docker-daemon" => Transport.DockerDaemon,
        "oci" => Transport.OciLayout,
        "oci-archive" => Transport.OciArchive,
        "oras" => Transport.Oras,
        "library" => Transport.Library,
        "http" => Transport.Http,
        "https" => Transport.Https,
        "buildkit" or "dockerfile" => Transport.Dockerfile,
        "shub" or "ipfs" => Transport.Unserved,
        _ => Transport.Unknown,
    };

    /// <summary>Null when the text is a path: <c>word://rest</c> is always a URI, <c>word:rest</c> only with a known word.</summary>
    public static ImageUri? TryParse(string text)
    {
        int colon = text.IndexOf(':');
        if (colon <= 0 || text.AsSpan(0, colon).ContainsAnyExcept(s_word))
        {
            return null;
        }

        bool slashes = text.AsSpan(colon + 1).StartsWith("//");
        var uri = new ImageUri(text[..colon], text[(colon + (slashes ? 3 : 1))..]);
        return slashes ? (uri.Scheme == "instance" ? null : uri) : uri.Transport == Transport.Unknown ? null : uri;
    }

    private static readonly System.Buffers.SearchValues<char> s_word =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>The name that a pulled image gets when none is given: <c>name_tag.sif</c>; of an http URL, its last part.</summary>
    /// <exception cref="UserException">There is nothing to make a name of.</exception>
    public string DefaultFileName()
    {
        string last = Rest[(Rest.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');
        if (Transport is Transport.Http or Transport.Https)
        {
            int query = last.IndexOfAny(['?', '#']);
            return Named(query < 0 ? last : last[..query]);
        }

        // The first colon: name@sha256:abc becomes name@sha256_abc.sif, as with the peers.
        int colon = last.IndexOf(':');
        string name = colon < 0 ? last : last[..colon];
        string tag = colon < 0 ? "latest" : last[(colon + 1)..].Split(',')[0];
        return $"{Named(name)}_{tag}.sif";
    }

    private string Named(string name)
        => name is "" or "." or ".." ? throw new UserException($"{this} gives no name for a file", "name the file: kerr pull image.sif URI") : name;

    public override string ToString() => $"{Scheme}:{(Transport is Transport.OciLayout or Transport.OciArchive or Transport.DockerArchive or Transport.DockerDaemon or Transport.Dockerfile ? "" : "//")}{Rest}";
}
