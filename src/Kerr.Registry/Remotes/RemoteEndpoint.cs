using System;
using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Registry.Remotes;

/// <summary>A place that offers services: a library of images, a keystore, tokens. Known by a name of the user's or the site's.</summary>
/// <param name="Uri">Host and path, without scheme: <c>cloud.example.org</c>.</param>
public sealed record RemoteEndpoint(string Uri)
{
    /// <summary>What the caller is known by; empty when logged out. Only in files of users.</summary>
    public string Token { get; init; } = "";

    /// <summary>It comes from the site's file.</summary>
    public bool System { get; init; }

    /// <summary>The site lets no other endpoint be used.</summary>
    public bool Exclusive { get; init; }

    /// <summary>It is spoken to by http.</summary>
    public bool Insecure { get; init; }

    /// <summary>As the file lists them; empty when only the endpoint's own counts.</summary>
    public IReadOnlyList<Keyserver> Keyservers { get; init; } = [];

    /// <summary>Where it is asked, with scheme and without a slash at its end.</summary>
    public string Address => $"{(Insecure ? "http" : "https")}://{Uri}";
}

/// <summary>A keyserver of an endpoint.</summary>
/// <param name="Uri">With scheme.</param>
/// <param name="External">Added by the administrator, not told by the endpoint.</param>
/// <param name="Skip">The endpoint's own, which the administrator took out.</param>
public sealed record Keyserver(string Uri, bool External = false, bool Insecure = false, bool Skip = false)
{
    /// <summary>As it is compared and asked: hkp is http at port 11371 (draft-shaw-openpgp-hkp §3).</summary>
    /// <exception cref="UserException">No keyserver is named so.</exception>
    public static string Normalize(string text)
    {
        string uri = text.Trim().TrimEnd('/');
        if (uri.StartsWith("hkps://", StringComparison.Ordinal))
        {
            uri = "https://" + uri["hkps://".Length..];
        }
        else if (uri.StartsWith("hkp://", StringComparison.Ordinal))
        {
            string host = uri["hkp://".Length..];
            uri = "http://" + (host.Contains(':', StringComparison.Ordinal) ? host : host + ":11371");
        }

        return System.Uri.TryCreate(uri, UriKind.Absolute, out System.Uri? parsed) && parsed.Scheme is "http" or "https" && parsed.Host.Length > 0
            ? uri : throw new UserException($"{text} is no address of a keyserver", "write it like this: https://keys.example.org");
    }
}
