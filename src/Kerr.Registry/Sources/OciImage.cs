using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;

namespace Kerr.Registry.Sources;

/// <summary>Hands out content by its digest.</summary>
public interface IBlobSource : IDisposable
{
    /// <summary>Opens a blob; what it gives is not checked yet.</summary>
    Stream Open(BlobDescriptor blob);
}

/// <summary>A layer of an image: its blob, opened anew for each reading, checked as it is read to its end.</summary>
public sealed record ImageLayer(Func<Stream> Open, long Size);

/// <summary>An OCI image that is at hand: its configuration and its layers, the lowermost first.</summary>
public sealed class OciImage(IBlobSource blobs, OciConfig config, IReadOnlyList<ImageLayer> layers, Digest? manifest) : IDisposable
{
    private const int LargestConfig = 8 << 20;

    public OciConfig Config => config;

    public IReadOnlyList<ImageLayer> Layers => layers;

    /// <summary>The digest of the manifest, where there is one.</summary>
    public Digest? Manifest => manifest;

    /// <summary>An image by its manifest, or an index that is chosen from.</summary>
    public static OciImage Open(IBlobSource blobs, BlobDescriptor manifest, Platform platform)
    {
        for (int depth = 0; depth < 4; depth++)
        {
            ImageManifest document = ImageManifest.Parse(ReadAll(blobs, manifest, ImageManifest.Largest), manifest.MediaType);
            if (document.Index is not null)
            {
                manifest = document.Select(platform);
                continue;
            }

            OciConfig config = OciConfig.Parse(ReadAll(blobs, document.Config!, LargestConfig));
            return new OciImage(blobs, config, LayersOf(blobs, document), manifest.Digest);
        }

        throw new InvalidDataException("the index lists an index that lists an index, and so on");
    }

    internal static bool HasLayers(ImageManifest manifest)
    {
        foreach (BlobDescriptor layer in manifest.Layers)
        {
            if (IsLayer(layer))
            {
                return true;
            }
        }

        return false;
    }

    // Artifacts have layers that are something else: charts, signatures, SIF files.
    private static bool IsLayer(BlobDescriptor layer) => layer.MediaType.Contains(".tar", StringComparison.Ordinal) || layer.MediaType.Length == 0;

    /// <summary>All of a small blob, checked.</summary>
    internal static byte[] ReadAll(IBlobSource blobs, BlobDescriptor blob, int limit)
    {
        if (blob.Size > limit)
        {
            throw new InvalidDataException($"{blob.Digest} has {blob.Size} bytes, more than {limit}");
        }

        var bytes = new byte[blob.Size];
        using var stream = new CheckedStream(blobs.Open(blob), blob);
        stream.ReadExactly(bytes);
        stream.Finish();
        return bytes;
    }

    private static List<ImageLayer> LayersOf(IBlobSource blobs, ImageManifest manifest)
    {
        var layers = new List<ImageLayer>();
        foreach (BlobDescriptor layer in manifest.Layers)
        {
            if (IsLayer(layer))
            {
                layers.Add(new ImageLayer(() => new CheckedStream(blobs.Open(layer), layer), layer.Size));
            }
        }

        return layers.Count > 0 ? layers : throw new InvalidDataException("no extractable OCI/Docker tar layers found in this image");
    }

    public void Dispose() => blobs.Dispose();
}
