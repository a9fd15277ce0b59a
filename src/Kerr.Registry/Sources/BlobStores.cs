using System;
using System.Collections.Concurrent;
using System.IO;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;
using Kerr.Registry.Layers;
using Kerr.Registry.References;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Sources;

/// <summary>Keeps blobs that were fetched.</summary>
public interface IBlobStore : IBlobSource
{
    bool Has(BlobDescriptor blob);

    /// <exception cref="UserException">There is less room.</exception>
    void NeedSpace(long bytes);

    /// <summary>Takes a blob in that <paramref name="fetch"/> writes into an empty file, and checks.</summary>
    void Add(BlobDescriptor blob, Action<SafeFileHandle> fetch, RegistryOptions options);
}

/// <summary>Blobs in a user's cache: fetched once, by one process, for all.</summary>
public sealed class CachedBlobs(ImageCache cache) : IBlobStore
{
    public bool Has(BlobDescriptor blob) => cache.Find(cache.PathOf(blob.Digest), blob.Size) is not null;

    public void NeedSpace(long bytes) => cache.NeedSpace(bytes);

    public void Add(BlobDescriptor blob, Action<SafeFileHandle> fetch, RegistryOptions options)
    {
        string path = cache.PathOf(blob.Digest);
        if (FileSystem.TryStat(path) is { } status && status.Size != blob.Size)
        {
            FileCalls.Unlink(path);     // of another program, or cut by a file system that crashed
        }

        _ = cache.Get(path, file => fetch(file.File), options.Cancel, () => options.Tell($"another process fetches {blob.Digest}: waiting for it"));
    }

    public Stream Open(BlobDescriptor blob) => FileRangeStream.Open(cache.Find(cache.PathOf(blob.Digest), blob.Size) ?? cache.PathOf(blob.Digest));

    public void Dispose()
    {
    }
}

/// <summary>Blobs in files without names, which are gone with the process.</summary>
/// <param name="directory">On the file system that has room for them.</param>
public sealed class TemporaryBlobs(string directory) : IBlobStore
{
    private readonly ConcurrentDictionary<Digest, SafeFileHandle> _files = new();

    public bool Has(BlobDescriptor blob) => _files.ContainsKey(blob.Digest);

    public void NeedSpace(long bytes)
    {
        if (FileSystem.FreeBytes(directory) is { } free && free < bytes)
        {
            throw new UserException(
                $"{bytes >> 20} MiB are to be fetched, and the file system of {directory} has {free >> 20} MiB left", "name a directory with more room: TMPDIR=/scratch/$USER");
        }
    }

    public void Add(BlobDescriptor blob, Action<SafeFileHandle> fetch, RegistryOptions options)
    {
        using var file = new UnnamedFile($"{directory}/blob");
        fetch(file.File);
        _files[blob.Digest] = file.Release();
    }

    public Stream Open(BlobDescriptor blob) => new FileRangeStream(_files[blob.Digest], 0, blob.Size, owns: false);

    public void Dispose()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }
    }
}
