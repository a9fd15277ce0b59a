using System.Collections.Generic;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.References;

namespace Kerr.Registry.Sources;

/// <summary>An OCI image layout: <c>index.json</c> and <c>blobs/ALGORITHM/HEX</c>. OCI image specification, image-layout.md.</summary>
public static class OciLayout
{
    internal const string IndexName = "index.json";

    /// <summary>Opens an image in a layout directory: <c>DIRECTORY[:TAG]</c> or <c>DIRECTORY[@DIGEST]</c>.</summary>
    /// <exception cref="UserException">There is no such image.</exception>
    public static OciImage OpenDirectory(string name, Platform platform)
    {
        (string path, string? tag) = Split(name);
        if (FileSystem.TryStat(path) is not { IsDirectory: true })
        {
            throw new UserException($"there is no OCI layout {path}", "name its directory, and a tag if it has several images: oci:DIRECTORY:TAG");
        }

        byte[] index = SmallFile.TryRead($"{path}/{IndexName}", ImageManifest.Largest)
            ?? throw new UserException($"{path} is no OCI layout: it has no {IndexName}", "name the directory that holds index.json and blobs");
        return Open(new LayoutDirectory(path), index, path, tag, platform);
    }

    /// <summary>Path and tag or digest of <c>PATH[:TAG]</c> or <c>PATH[@DIGEST]</c>.</summary>
    internal static (string Path, string? Tag) Split(string name)
    {
        int at = name.LastIndexOf('@');
        if (at > 0 && Digest.TryParse(name[(at + 1)..], out _))
        {
            return (name[..at], name[(at + 1)..]);
        }

        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') && colon > 0 ? (name[..colon], name[(colon + 1)..]) : (name, null);
    }

    internal static OciImage Open(IBlobSource blobs, byte[] index, string path, string? tag, Platform platform)
    {
        try
        {
            ImageManifest document = ImageManifest.Parse(index, null);
            if (document.Index is null)
            {
                throw new InvalidDataException($"{IndexName} is no index");
            }

            return OciImage.Open(blobs, Choose(document.Index, path, tag, platform), platform);
        }
        catch (System.Exception failure) when (failure is InvalidDataException or LinuxException)
        {
            blobs.Dispose();
            throw new UserException($"the OCI layout {path} cannot be used: {failure.Message}", "make or copy it again", failure);
        }
    }

    private static BlobDescriptor Choose(IReadOnlyList<IndexEntry> entries, string path, string? tag, Platform platform)
    {
        var names = new List<string>();
        IndexEntry? latest = null;
        IndexEntry? best = null;
        foreach (IndexEntry entry in entries)
        {
            if (entry.Name is { } name)
            {
                names.Add(name);
            }

            if (tag is not null ? entry.Name == tag || entry.Descriptor.Digest.ToString() == tag : entries.Count == 1)
            {
                // Several platforms may be listed under one name.
                best = best is null || platform.Fit(entry.Os, entry.Architecture, entry.Variant) > platform.Fit(best.Os, best.Architecture, best.Variant) ? entry : best;
            }

            latest = entry.Name == "latest" ? entry : latest;
        }

        return (best ?? (tag is null ? latest : null))?.Descriptor ?? throw new UserException(
            tag is null ? $"{path} holds {entries.Count} images, and none is named" : $"{path} holds no image {tag}",
            names.Count == 0 ? "name one by its digest: PATH@sha256:…" : $"name one of: {string.Join(", ", names)}");
    }
}

/// <summary>The blobs of a layout directory.</summary>
public sealed class LayoutDirectory(string path) : IBlobSource
{
    public Stream Open(BlobDescriptor blob) => FileRangeStream.Open($"{path}/blobs/{blob.Digest.Algorithm}/{blob.Digest.Hex}");

    public void Dispose()
    {
    }
}
