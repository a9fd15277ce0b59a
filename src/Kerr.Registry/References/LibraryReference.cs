using System;
using System.Buffers;
using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Registry.References;

/// <summary>An image in a library: <c>library://[host/]entity/collection/name[:tag]</c>; what is missing is <c>library/default/</c>.</summary>
/// <param name="Host">Null where the configured endpoint is meant: a host needs all three parts behind it.</param>
public sealed record LibraryReference(string? Host, string Path, string Tag)
{
    /// <summary>All tags of a URI to push to, which may name several: <c>entity/collection/name:1.2,latest</c>.</summary>
    /// <param name="rest">The URI without its scheme.</param>
    /// <exception cref="UserException">The text does not follow the grammar, or leaves out a part: whose image it is must be clear.</exception>
    public static (LibraryReference Reference, IReadOnlyList<string> Tags) ParseForPush(string rest)
    {
        LibraryReference reference = Parse(rest);
        string text = rest.TrimStart('/');
        string name = text[(text.LastIndexOf('/') + 1)..];
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string[] tags = colon < 0 ? [reference.Tag] : name[(colon + 1)..].Split(',');
        bool good = text.Split('/').Length >= 3;
        foreach (string tag in tags)
        {
            good &= tag.Length > 0 && !tag.AsSpan().ContainsAnyExcept(s_allowed);
        }

        return good ? (reference, tags)
            : throw new UserException($"library://{rest} does not say where an image goes", "write it like this: library://entity/collection/name:tag");
    }

    /// <param name="rest">The URI without its scheme.</param>
    /// <exception cref="UserException">The text does not follow the grammar.</exception>
    public static LibraryReference Parse(string rest)
    {
        string text = rest.TrimStart('/');
        int colon = text.LastIndexOf(':');
        string tag = colon > text.LastIndexOf('/') ? text[(colon + 1)..].Split(',')[0] : "latest";
        string path = colon > text.LastIndexOf('/') ? text[..colon] : text;
        string[] parts = path.Split('/');
        string? host = null;
        if (parts.Length == 4)
        {
            host = RegistryReference.CheckHost(parts[0], rest);
            parts = parts[1..];
        }

        parts = parts.Length switch
        {
            1 => ["library", "default", parts[0]],
            2 => [parts[0], "default", parts[1]],
            _ => parts,
        };
        bool good = parts.Length == 3 && tag.Length > 0 && !tag.AsSpan().ContainsAnyExcept(s_allowed);
        foreach (string part in parts)
        {
            good &= part.Length > 0 && part is not ("." or "..") && !part.AsSpan().ContainsAnyExcept(s_allowed);
        }

        return good
            ? new LibraryReference(host, string.Join('/', parts), tag)
            : throw new UserException($"library://{rest} does not name an image", "write it like this: library://entity/collection/name:tag");
    }

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public override string ToString() => $"library://{(Host is null ? "" : Host + "/")}{Path}:{Tag}";
}
