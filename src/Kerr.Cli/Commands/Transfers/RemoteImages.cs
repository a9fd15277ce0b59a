using System;
using System.Threading;
using Kerr.Build.Bootstrap;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.References;
using Kerr.Registry.Sources;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>The images that a definition starts from, fetched as those of actions are: by way of the cache, as SIF files.</summary>
internal sealed class RemoteImages(Invocation invocation, SiteConfiguration configuration) : IRemoteImages
{
    public bool Brings(string scheme) => scheme is "docker" or "oras" or "library" or "http" or "https" or "oci" or "oci-archive" or "docker-archive" or "docker-daemon" or "dockerfile" or "buildkit";

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
        string path = uri.Transport == Transport.Dockerfile ? OfDockerfile(uri, request) : ImageFetch.ForAction(
            invocation, configuration, uri, request.Architecture, request.Library.Length > 0 ? request.Library : invocation.Values.Text(BuildOptions.Library));
        const string Unnamed = "/proc/self/";
        if (!path.StartsWith(Unnamed, StringComparison.Ordinal))
        {
            return new RemoteImage(path, path); // a path of the cache has the digest in it
        }

        // A file without a name is open in this process only. The programs that mount or unpack it find it here, as long as /proc is
        // asked for this process and not for themselves. What it holds is known by the id, which the content gives.
        using ImageFile image = ImageFile.Open(path);
        string id = image.Sif is { } sif ? $"sif {sif.Header.Id}" : $"file {FileCalls.Status(image.Handle!)}";
        return new RemoteImage($"/proc/{FileSystem.ReadLink("/proc/self")}/{path[Unnamed.Length..]}", id);
    }

    private string OfDockerfile(ImageUri uri, RemoteImageRequest request)
    {
        using OciImage image = UriBuild.Dockerfile(invocation, uri, Platform.Parse(request.Architecture.Length == 0 ? SifArchitecture.Host : request.Architecture), request.Header);
        return ImageFetch.OfLayers(invocation, configuration, uri, image);
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
