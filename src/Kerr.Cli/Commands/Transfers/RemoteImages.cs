using System;
using System.Threading;
using Kerr.Build.Bootstrap;
using Kerr.Linux;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>The images that a definition starts from, fetched as those of actions are: by way of the cache, as SIF files.</summary>
internal sealed class RemoteImages(Invocation invocation, SiteConfiguration configuration) : IRemoteImages
{
    public bool Brings(string scheme) => scheme is "docker" or "oras" or "library" or "http" or "https" or "oci" or "oci-archive" or "docker-archive";

    public RemoteImage Bring(RemoteImageRequest request, CancellationToken cancel)
    {
        if (request.Fingerprints.Length > 0)
        {
            throw new UserException("this version cannot check signatures, which the header fingerprints asks for", "leave the header out, and check the image by other means");
        }

        if (!Brings(request.Scheme))
        {
            return new NoRemoteImages().Bring(request, cancel);
        }

        ImageUri uri = ImageUri.TryParse(Address(request))
            ?? throw new UserException($"{request.Reference} is no name for {request.Scheme}", "write it as after the colon of a URI, such as: From: debian:12");
        string path = ImageFetch.ForAction(invocation, configuration, uri, request.Architecture);
        return new RemoteImage(path, path); // a path of the cache has the digest in it
    }

    /// <summary>The URI of a request; Registry and Namespace of a definition stand before the name.</summary>
    private static string Address(RemoteImageRequest request)
    {
        bool web = request.Scheme is "docker" or "oras" or "library" or "http" or "https";
        string prefix = "";
        foreach (string part in (ReadOnlySpan<string>)[request.Registry, request.Namespace])
        {
            prefix += part.Length == 0 ? "" : part.TrimEnd('/') + "/";
        }

        return $"{request.Scheme}:{(web ? "//" : "")}{prefix}{request.Reference}";
    }
}
