using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Kerr.Registry.References;

namespace Kerr.Registry.Distribution;

/// <summary>A manifest in an index, with what it is for.</summary>
public sealed record IndexEntry(BlobDescriptor Descriptor, string? Os, string? Architecture, string? Variant, string? Name);

/// <summary>A manifest of one image, or an index of several. OCI image specification, manifest.md and image-index.md.</summary>
public sealed class ImageManifest
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Larger ones are refused, as registries do.</summary>
    public const int Largest = 4 << 20;

    private ImageManifest()
    {
    }

    /// <summary>Of an index: what it lists; null for a manifest.</summary>
    public IReadOnlyList<IndexEntry>? Index { get; private init; }

    public BlobDescriptor? Config { get; private init; }

    /// <summary>The lowermost layer first.</summary>
    public IReadOnlyList<BlobDescriptor> Layers { get; private init; } = [];

    /// <param name="bytes">Held against their digest already.</param>
    /// <param name="mediaType">What the server or the descriptor said it is; null where nothing was said.</param>
    /// <exception cref="InvalidDataException">It is none, or could be taken for both (CVE-2021-41190).</exception>
    public static ImageManifest Parse(byte[] bytes, string? mediaType)
    {
        using JsonDocument document = Json.Parse(bytes, "the manifest");
        JsonElement root = document.RootElement;
        string? own = Json.Text(root, "mediaType");
        bool lists = Has(root, "manifests"), has = Has(root, "layers") || Has(root, "config");
        if (Has(root, "fsLayers"))
        {
            throw new InvalidDataException("the manifest has the form of Docker before 1.10 (schema 1), which is not read");
        }

        if (lists == has)
        {
            throw new InvalidDataException(lists ? "the manifest is both an image and an index" : "the manifest is neither an image nor an index");
        }

        foreach (string? said in (ReadOnlySpan<string?>)[own, mediaType])
        {
            bool? index = said switch
            {
                OciIndex or DockerList => true,
                OciManifest or DockerManifest => false,
                _ => null,
            };
            if (index is { } claim && claim != lists)
            {
                throw new InvalidDataException($"the manifest says that it is {said}, and is not");
            }
        }

        if (own is not null && mediaType is not null && own != mediaType && IsManifestType(mediaType))
        {
            throw new InvalidDataException($"the manifest says that it is {own}, its server says {mediaType}");
        }

        return lists
            ? new ImageManifest { Index = ReadIndex(root.GetProperty("manifests")) }
            : new ImageManifest
            {
                Config = root.TryGetProperty("config", out JsonElement config) ? BlobDescriptor.Read(config) : throw new InvalidDataException("the manifest has no config"),
                Layers = ReadLayers(root),
            };
    }

    /// <summary>The entry of an index that serves a platform best.</summary>
    /// <exception cref="InvalidDataException">None does; with what there is.</exception>
    public BlobDescriptor Select(Platform platform)
    {
        IndexEntry? best = null;
        int fit = 0;
        var offered = new List<string>();
        foreach (IndexEntry entry in Index!)
        {
            // An index of one that says nothing about it has nothing to choose from; "unknown" are attestations.
            int own = entry.Architecture is null && Index.Count == 1 ? 1 : platform.Fit(entry.Os, entry.Architecture, entry.Variant);
            if (own > fit)
            {
                (best, fit) = (entry, own);
            }

            if (entry.Architecture is not (null or "unknown"))
            {
                offered.Add($"{entry.Os}/{entry.Architecture}{(entry.Variant is null ? "" : "/" + entry.Variant)}");
            }
        }

        return best?.Descriptor ?? throw new InvalidDataException(
            $"there is no image for {platform} in it{(offered.Count == 0 ? "" : ": it has " + string.Join(", ", offered))}");
    }

    private static bool IsManifestType(string mediaType) => mediaType is OciManifest or OciIndex or DockerManifest or DockerList;

    private static bool Has(JsonElement root, string name)
        => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    private static List<IndexEntry> ReadIndex(JsonElement manifests)
    {
        var entries = new List<IndexEntry>();
        if (manifests.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException("the manifests of an index are no list");
        }

        foreach (JsonElement entry in manifests.EnumerateArray())
        {
            JsonElement platform = Json.Object(entry, "platform");
            entries.Add(new IndexEntry(
                BlobDescriptor.Read(entry), Json.Text(platform, "os"), Json.Text(platform, "architecture"), Json.Text(platform, "variant"),
                Json.Text(Json.Object(entry, "annotations"), "org.opencontainers.image.ref.name")));
        }

        return entries;
    }

    private static List<BlobDescriptor> ReadLayers(JsonElement root)
    {
        var layers = new List<BlobDescriptor>();
        if (!root.TryGetProperty("layers", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException("the manifest has no list of layers");
        }

        foreach (JsonElement layer in list.EnumerateArray())
        {
            layers.Add(BlobDescriptor.Read(layer));
        }

        return layers;
    }
}
