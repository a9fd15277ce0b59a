using System;
using System.Threading;
using Kerr.Linux;

namespace Kerr.Build.Bootstrap;

/// <summary>Images that lie elsewhere: in registries, archives and on the web.</summary>
public interface IRemoteImages
{
    /// <summary>Whether images of this scheme can be had: <c>docker</c>, <c>oci-archive</c>, <c>oras</c>, ….</summary>
    bool Brings(string scheme);

    /// <summary>Makes it a local image. What it returns stays there at least as long as this process.</summary>
    /// <exception cref="UserException">It cannot be had.</exception>
    RemoteImage Bring(RemoteImageRequest request, CancellationToken cancel);
}

/// <summary>Which image is wanted.</summary>
/// <param name="Scheme">In lower case.</param>
/// <param name="Reference">What stands behind the scheme and its colon and slashes; byte text.</param>
/// <param name="Architecture">By Go's name; empty for the host's.</param>
public sealed record RemoteImageRequest(string Scheme, string Reference, string Architecture = "")
{
    /// <summary>Of a definition's header: the registry and the name space that the reference is relative to.</summary>
    public string Registry { get; init; } = "";

    public string Namespace { get; init; } = "";

    /// <summary>The library server that the definition names; empty for none.</summary>
    public string Library { get; init; } = "";

    /// <summary>Fingerprints of keys of which each must have signed the image.</summary>
    public string Fingerprints { get; init; } = "";

    /// <summary>For a Dockerfile: the header's other lines by their keys in lower case, <c>target</c>, <c>frontend</c>, <c>filename</c>, <c>buildargs</c>.</summary>
    public Func<string, string> Header { get; init; } = static _ => "";

    /// <summary>Whether a cached copy may not be used.</summary>
    public bool NoCache { get; init; }
}

/// <summary>A remote image that is a local one now.</summary>
/// <param name="Path">A SIF file or a directory.</param>
/// <param name="Key">What changes when the content changes, such as its digest.</param>
/// <param name="OciConfig">The configuration of an OCI image, as JSON.</param>
public sealed record RemoteImage(string Path, string Key, byte[]? OciConfig = null);

/// <summary>Stands where no transport is registered.</summary>
public sealed class NoRemoteImages : IRemoteImages
{
    public bool Brings(string scheme) => false;

    public RemoteImage Bring(RemoteImageRequest request, CancellationToken cancel)
        => throw new UserException(
            $"cannot get {request.Scheme}: {request.Reference}: this build has no transport for {request.Scheme}",
            "get it as a SIF file by other means, and start from that: Bootstrap: localimage");
}
