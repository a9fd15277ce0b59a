using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Oras;

/// <summary>A SIF file as an artifact in an OCI registry: a manifest with the file as its one layer.</summary>
public static class OrasImage
{
    private const string ConfigType = "application/vnd.sylabs.sif.config.v1+json";
    private const string LayerType = "application/vnd.sylabs.sif.layer.v1.sif";

    // As the first releases that pushed such files spelled it.
    private const string OldLayerType = "appliciation/vnd.sylabs.sif.layer.tar";

    /// <summary>The layer of a manifest that is a SIF file.</summary>
    /// <exception cref="UserException">It has none.</exception>
    public static BlobDescriptor LayerOf(ImageManifest manifest, string name)
    {
        BlobDescriptor? found = null;
        foreach (BlobDescriptor layer in manifest.Layers)
        {
            if (layer.MediaType is LayerType or OldLayerType)
            {
                found = found is null ? layer : throw new UserException($"{name} holds several SIF files", "pull it with another tool");
            }
        }

        return found ?? throw new UserException($"{name} holds no SIF file", $"for an image of layers: kerr pull docker://{name["oras://".Length..]}");
    }

    /// <summary>Puts a file into a registry.</summary>
    /// <param name="created">For the annotation <c>org.opencontainers.image.created</c>.</param>
    public static Digest Push(string path, RegistryReference reference, IReadOnlyDictionary<string, string> annotations, DateTimeOffset created, RegistryOptions options)
    {
        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK, out SafeFileHandle file, out Errno errno))
        {
            throw new UserException($"unable to open {path}: {errno.Text()}", $"check its name: ls -l {path}");
        }

        using (file)
        {
            long size = FileCalls.Status(file).Size;
            var layer = new BlobDescriptor(LayerType, DigestOf(file, size), size);
            byte[] empty = "{}"u8.ToArray();
            var config = new BlobDescriptor(ConfigType, Digest.Of(empty), empty.Length);
            byte[] manifest = Manifest(config, layer, path[(path.LastIndexOf('/') + 1)..], annotations, created);
            RegistryEndpoint endpoint = options.Registries.EndpointsOf(reference)[^1];
            using var client = new RegistryClient(endpoint.Reference, endpoint.Insecure, options);
            try
            {
                client.PutBlob(layer, () => new FileRangeStream(file, 0, size, owns: false));
                client.PutBlob(config, () => new MemoryStream(empty));
                client.PutManifest(manifest, ImageManifest.OciManifest, endpoint.Reference.ManifestName);
            }
            catch (TransferException failure)
            {
                throw new UserException($"unable to push to {reference}: {failure.Message}", "try again later; --verbose tells more", failure);
            }

            return Digest.Of(manifest);
        }
    }

    private static Digest DigestOf(SafeFileHandle file, long size)
    {
        using var stream = new FileRangeStream(file, 0, size, owns: false);
        return Digest.OfHash(System.Security.Cryptography.SHA256.HashData(stream));
    }

    private static byte[] Manifest(
        BlobDescriptor config, BlobDescriptor layer, string title, IReadOnlyDictionary<string, string> annotations, DateTimeOffset created)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["org.opencontainers.image.created"] = created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        };
        foreach ((string name, string value) in annotations)
        {
            all[name] = value;
        }

        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", ImageManifest.OciManifest);
            json.WritePropertyName("config");
            Write(json, config, null);
            json.WriteStartArray("layers");
            Write(json, layer, title);
            json.WriteEndArray();
            json.WriteStartObject("annotations");
            foreach ((string name, string value) in all)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, BlobDescriptor blob, string? title)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", blob.MediaType);
        json.WriteString("digest", blob.Digest.ToString());
        json.WriteNumber("size", blob.Size);
        if (title is not null)
        {
            json.WriteStartObject("annotations");
            json.WriteString("org.opencontainers.image.title", ByteText.ToUnicode(title));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
