using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Sources;

/// <summary>An OCI image in a registry: found, fetched into a cache's blobs, opened from there.</summary>
public sealed class RegistryImage : IDisposable
{
    private readonly RegistryClient _client;
    private readonly FetchedManifest _manifest;
    private readonly ImageManifest _document;
    private readonly RegistryOptions _options;

    private RegistryImage(RegistryClient client, FetchedManifest manifest, ImageManifest document, RegistryOptions options)
        => (_client, _manifest, _document, _options) = (client, manifest, document, options);

    /// <summary>The digest of the manifest for the platform.</summary>
    public Digest Digest => _manifest.Digest;

    public ImageManifest Manifest => _document;

    public RegistryClient Client => _client;

    /// <summary>Asks the registry, or its mirrors before it, for the manifest.</summary>
    /// <exception cref="UserException">There is no such image.</exception>
    public static RegistryImage Find(RegistryReference reference, Platform platform, RegistryOptions options)
    {
        IReadOnlyList<RegistryEndpoint> endpoints = options.Registries.EndpointsOf(reference);
        for (int i = 0; ; i++)
        {
            RegistryEndpoint endpoint = endpoints[i];
            var client = new RegistryClient(endpoint.Reference, endpoint.Insecure, options);
            try
            {
                return Find(client, platform, options);
            }
            catch (Exception failure) when (failure is TransferException or UserException or InvalidDataException)
            {
                client.Dispose();
                if (i + 1 < endpoints.Count)
                {
                    options.Tell($"the mirror {endpoint.Reference.Host} does not serve: {failure.Message}");
                    continue;
                }

                throw failure as UserException ?? new UserException($"could not get {reference}: {failure.Message}", "try again later; --verbose tells more", failure);
            }
        }
    }

    /// <summary>Fetches what the cache has not, several layers at a time, and opens the image.</summary>
    /// <param name="store">Keeps the blobs.</param>
    /// <param name="starting">Told how many bytes are to come.</param>
    public OciImage Fetch(IBlobStore store, Action<long> starting, Action<long> progress)
    {
        var blobs = new List<BlobDescriptor> { _document.Config! };
        if (!OciImage.HasLayers(_document))
        {
            throw new UserException("no extractable OCI/Docker tar layers found in this image", $"for a SIF file in a registry: kerr pull oras://{_client.Reference}");
        }

        foreach (BlobDescriptor layer in _document.Layers)
        {
            if (!blobs.Exists(blob => blob.Digest == layer.Digest))
            {
                blobs.Add(layer);
            }
        }

        List<BlobDescriptor> missing = blobs.FindAll(blob => !store.Has(blob));
        long bytes = 0;
        missing.ForEach(blob => bytes += blob.Size);
        store.NeedSpace(bytes);
        starting(bytes);
        var manifest = new BlobDescriptor(_manifest.MediaType ?? "", _manifest.Digest, _manifest.Bytes.Length);
        store.Add(manifest, file => FileCalls.Write(file, 0, _manifest.Bytes), _options);
        try
        {
            Parallel.ForEach(
                missing,
                new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, _options.Concurrency), CancellationToken = _options.Cancel },
                blob => store.Add(blob, file => _client.GetBlob(blob, file, progress), _options));
        }
        catch (AggregateException failures)
        {
            throw Told(failures.InnerExceptions[0]);
        }

        return OciImage.Open(store, manifest, default);
    }

    /// <summary>Fetches one blob of an artifact into an empty file.</summary>
    public void Get(BlobDescriptor blob, SafeFileHandle file, Action<long> progress)
    {
        try
        {
            _client.GetBlob(blob, file, progress);
        }
        catch (Exception failure) when (failure is TransferException or InvalidDataException)
        {
            throw Told(failure);
        }
    }

    public void Dispose() => _client.Dispose();

    private Exception Told(Exception failure) => failure switch
    {
        UserException or OperationCanceledException => failure,
        LinuxException linux => new UserException($"could not write to the cache: {linux.Message}", "name another directory: KERR_CACHEDIR=/scratch/$USER", linux),
        _ => new UserException($"could not get {_client.Reference}: {failure.Message}", "try again later; what was fetched is kept", failure),
    };

    private static RegistryImage Find(RegistryClient client, Platform platform, RegistryOptions options)
    {
        string name = client.Reference.ManifestName;
        for (int depth = 0; depth < 4; depth++)
        {
            FetchedManifest fetched = client.GetManifest(name);
            ImageManifest document = ImageManifest.Parse(fetched.Bytes, fetched.MediaType);
            if (document.Index is null)
            {
                return new RegistryImage(client, fetched, document, options);
            }

            name = document.Select(platform).Digest.ToString();
        }

        throw new InvalidDataException("the index lists an index that lists an index, and so on");
    }
}
