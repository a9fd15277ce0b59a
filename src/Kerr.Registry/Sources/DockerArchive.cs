using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Sources;

/// <summary>A tar archive that <c>docker save</c> wrote: <c>manifest.json</c> names a configuration and layers by their paths.</summary>
/// <remarks>Newer Docker writes an OCI layout with it, which is taken then: it has digests to check by.</remarks>
public static class DockerArchive
{
    private const string ManifestName = "manifest.json";
    private const int LargestDocument = 8 << 20;

    /// <summary>Opens <c>FILE[:NAME:TAG]</c>.</summary>
    /// <param name="temporary">A directory for temporary files.</param>
    public static OciImage Open(string name, Platform platform, string temporary)
    {
        (string path, string? wanted) = Split(name);
        return Open(OciArchive.OpenFile(path, temporary), path, wanted, platform);
    }

    /// <summary>Opens an archive that has no name, with one image in it.</summary>
    /// <param name="label">How messages call it.</param>
    internal static OciImage Open(SafeFileHandle file, string label, Platform platform, string temporary)
    {
        try
        {
            return Open(TarFile.Open(file, temporary), label, null, platform);
        }
        catch (InvalidDataException damage)
        {
            throw new UserException($"{label} is no archive: {damage.Message}", "try again", damage);
        }
    }

    private static OciImage Open(TarFile archive, string path, string? wanted, Platform platform)
    {
        try
        {
            if (wanted is null && archive.Has(OciLayout.IndexName) && archive.Has("oci-layout"))
            {
                return OciArchive.Open(archive, path, null, platform);
            }

            if (!archive.Has(ManifestName))
            {
                throw new UserException($"{path} is no archive of docker save: it has no {ManifestName}", $"an archive of an OCI layout is named oci-archive:{path}");
            }

            return Open(archive, path, wanted);
        }
        catch (InvalidDataException damage)
        {
            archive.Dispose();
            throw new UserException($"the archive {path} cannot be used: {damage.Message}", "save it again: docker save -o FILE IMAGE", damage);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    private static OciImage Open(TarFile archive, string path, string? wanted)
    {
        using JsonDocument document = Json.Parse(archive.ReadFile(ManifestName, LargestDocument), ManifestName);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"{ManifestName} is no list");
        }

        var names = new List<string>();
        JsonElement? chosen = null;
        int count = 0;
        foreach (JsonElement image in document.RootElement.EnumerateArray())
        {
            string[] tags = Json.Texts(image, "RepoTags");
            names.AddRange(tags);
            count++;
            if (wanted is null || Array.Exists(tags, tag => tag == wanted || tag == wanted + ":latest"))
            {
                chosen ??= image;
            }
        }

        if (chosen is not { } manifest || (wanted is null && count > 1))
        {
            throw new UserException(
                wanted is null ? $"{path} holds {count} images, and none is named" : $"{path} holds no image {wanted}",
                $"name one: docker-archive:{path}:{(names.Count > 0 ? names[0] : "NAME:TAG")}");
        }

        OciConfig config = OciConfig.Parse(archive.ReadFile(
            Json.Text(manifest, "Config") ?? throw new InvalidDataException($"{ManifestName} names no configuration"), LargestDocument));
        var layers = new List<ImageLayer>();
        foreach (string layer in Json.Texts(manifest, "Layers"))
        {
            using Stream found = archive.OpenFile(layer);
            layers.Add(new ImageLayer(() => archive.OpenFile(layer), found.Length));
        }

        return layers.Count > 0
            ? new OciImage(new Nothing(archive), config, layers, null)
            : throw new InvalidDataException("no extractable OCI/Docker tar layers found in this image");
    }

    // The name of an image has a colon of its own: the path ends at the first colon behind its last slash but for that name.
    private static (string Path, string? Name) Split(string name)
    {
        if (Kerr.Linux.Files.FileSystem.TryStat(name) is not null)
        {
            return (name, null);
        }

        for (int colon = name.IndexOf(':'); colon > 0; colon = name.IndexOf(':', colon + 1))
        {
            if (Kerr.Linux.Files.FileSystem.TryStat(name[..colon]) is { IsDirectory: false })
            {
                return (name[..colon], name[(colon + 1)..]);
            }
        }

        return (name, null);
    }

    /// <summary>Keeps the archive open; its layers have no digest to be asked by.</summary>
    private sealed class Nothing(TarFile archive) : IBlobSource
    {
        public Stream Open(BlobDescriptor blob) => throw new InvalidOperationException("the archive has no blobs");

        public void Dispose() => archive.Dispose();
    }
}
