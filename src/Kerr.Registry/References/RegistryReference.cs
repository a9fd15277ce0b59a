using System;
using System.Buffers;
using System.Globalization;
using Kerr.Linux;

namespace Kerr.Registry.References;

/// <summary>An image in a registry: <c>[host[:port]/]repository[:tag][@digest]</c>.</summary>
/// <remarks>
/// Defaults as Docker's: host <c>index.docker.io</c>, namespace <c>library</c>, tag <c>latest</c>. The first component is a
/// host when it has a dot or a colon in it, or is <c>localhost</c>. Grammar: OCI distribution specification, "Pulling manifests".
/// </remarks>
public sealed record RegistryReference(string Host, string Repository, string? Tag, Digest? Digest)
{
    public const string DockerHub = "index.docker.io";
    private const string LowerAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const string Letters = LowerAndDigits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static readonly SearchValues<char> s_tag = SearchValues.Create(Letters + "_.-");
    private static readonly SearchValues<char> s_repository = SearchValues.Create(LowerAndDigits + "._-");
    private static readonly SearchValues<char> s_host = SearchValues.Create(Letters + ".-_");

    /// <summary>What a manifest is asked by: the digest where there is one, else the tag.</summary>
    public string ManifestName => Digest?.ToString() ?? Tag ?? "latest";

    /// <exception cref="UserException">The text does not follow the grammar.</exception>
    public static RegistryReference Parse(string text)
    {
        string rest = text;
        Digest? digest = null;
        int at = rest.IndexOf('@');
        if (at >= 0)
        {
            digest = References.Digest.TryParse(rest[(at + 1)..], out Digest found)
                ? found
                : throw Wrong(text, $"\"{rest[(at + 1)..]}\" is no digest", "a digest is sha256: and 64 hexadecimal digits");
            rest = rest[..at];
        }

        string? tag = null;
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/') && colon >= 0)
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (tag.Length is 0 or > 128 || tag[0] is '.' or '-' || tag.AsSpan().ContainsAnyExcept(s_tag))
            {
                throw Wrong(text, $"\"{tag}\" is no tag", "a tag has letters, digits, and _ . - behind its first character");
            }
        }

        string host = DockerHub;
        int slash = rest.IndexOf('/');
        if (slash > 0 && (rest[..slash] == "localhost" || rest.AsSpan(0, slash).ContainsAny('.', ':')))
        {
            host = CheckHost(rest[..slash], text);
            rest = rest[(slash + 1)..];
        }

        host = Canonical(host);
        if (host == DockerHub && !rest.Contains('/'))
        {
            rest = "library/" + rest;
        }

        foreach (string part in rest.Split('/'))
        {
            if (part.Length == 0 || !LowerAndDigits.Contains(part[0]) || !LowerAndDigits.Contains(part[^1]) || part.AsSpan().ContainsAnyExcept(s_repository))
            {
                throw Wrong(text, $"\"{rest}\" is no name of a repository", "such a name has lower-case letters, digits, and . _ - inside its parts");
            }
        }

        return new RegistryReference(host, rest, tag ?? (digest is null ? "latest" : null), digest);
    }

    /// <summary>Whether a host is this machine: registries on it may be spoken to without encryption, as the peers do.</summary>
    public static bool IsLoopback(string host)
    {
        string name = NameOf(host);
        return name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal) || name == "[::1]"
            || (System.Net.IPAddress.TryParse(name, out System.Net.IPAddress? address) && System.Net.IPAddress.IsLoopback(address));
    }

    /// <summary>A registry's host by itself, with an optional port.</summary>
    /// <exception cref="UserException">The text is none.</exception>
    public static string ParseHost(string text) => Canonical(CheckHost(text.Length == 0 ? DockerHub : text, text));

    // Docker's registry goes by several names.
    private static string Canonical(string host) => host is "docker.io" or "registry-1.docker.io" ? DockerHub : host;

    /// <summary>A host with an optional port, held against the grammar.</summary>
    internal static string CheckHost(string host, string text)
    {
        string name = NameOf(host);
        string port = host[name.Length..];
        bool bracketed = name.StartsWith('[') && name.EndsWith(']') && System.Net.IPAddress.TryParse(name, out _);
        bool plain = name.Length is > 0 and <= 253 && !name.AsSpan().ContainsAnyExcept(s_host) && name[0] is not ('.' or '-');
        bool portFits = port.Length == 0
            || (ushort.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0);
        return (bracketed || plain) && portFits ? host : throw Wrong(text, $"\"{host}\" is no host with an optional port", "write it like this: registry.example.org:5000/name:tag");
    }

    private static string NameOf(string host)
    {
        int bracket = host.LastIndexOf(']');
        int colon = host.IndexOf(':', bracket + 1);
        return colon < 0 ? host : host[..colon];
    }

    private static UserException Wrong(string text, string why, string remedy) => new($"{text} does not name an image: {why}", remedy);

    public override string ToString()
        => $"{Host}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";
}
