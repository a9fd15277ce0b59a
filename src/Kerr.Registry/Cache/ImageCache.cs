using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.References;

namespace Kerr.Registry.Cache;

/// <summary>What an entry of the cache is: the name of its directory.</summary>
public enum CacheKind
{
    /// <summary>Blobs of OCI images, as an OCI layout.</summary>
    Blob,

    /// <summary>SIF files made of OCI images, by the digest of the manifest.</summary>
    OciTmp,
    Library,
    Oras,

    /// <summary>Files from http, by the hash of URL and time of change.</summary>
    Net,
    Shub,
}

/// <summary>A user's cache of images: files named by the hash of what they are, made once however many processes want them.</summary>
/// <remarks>
/// <c>cache/{library,oci-tmp,blob,shub,oras,net}</c>, each 0700; blob is an OCI layout. An entry appears whole or not at all: it gets its
/// name by rename after its content was checked and is on disk. One process makes it, the others wait (<see cref="NodeLease"/>, <see cref="LockFile"/>).
/// </remarks>
public sealed class ImageCache
{
    private const string Locks = "locks";
    private readonly string _root;
    private readonly CachePolicy _policy;

    private ImageCache(string root, CachePolicy policy) => (_root, _policy) = (root, policy);

    /// <summary>All kinds, in the order in which they are listed.</summary>
    public static IReadOnlyList<CacheKind> Kinds { get; } = [CacheKind.Library, CacheKind.OciTmp, CacheKind.Shub, CacheKind.Blob, CacheKind.Net, CacheKind.Oras];

    public string Root => _root;

    /// <summary>Opens the cache, makes its directories.</summary>
    /// <param name="parent">The directory that holds <c>cache</c>.</param>
    /// <param name="policy">What lies beneath it, and how large it may get.</param>
    /// <exception cref="LinuxException">It cannot be written.</exception>
    public static ImageCache Open(string parent, CachePolicy? policy = null)
    {
        var cache = new ImageCache(parent.TrimEnd('/') + "/cache", policy ?? CachePolicy.None);
        foreach (CacheKind kind in Kinds)
        {
            UserDirectory.MakePrivate(cache.DirectoryOf(kind));
        }

        UserDirectory.MakePrivate($"{cache._root}/{Locks}");
        UserDirectory.MakePrivate($"{cache.DirectoryOf(CacheKind.Blob)}/blobs/sha256");
        cache.WriteOnce("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        cache.WriteOnce("index.json", """{"schemaVersion":2,"manifests":[]}""");
        return FileSystem.IsAccessible(cache._root, 2) ? cache : throw new LinuxException("write to", cache._root, Errno.EACCES);
    }

    public static string NameOf(CacheKind kind) => kind switch
    {
        CacheKind.Blob => "blob",
        CacheKind.OciTmp => "oci-tmp",
        CacheKind.Library => "library",
        CacheKind.Oras => "oras",
        CacheKind.Net => "net",
        _ => "shub",
    };

    public string DirectoryOf(CacheKind kind) => $"{_root}/{NameOf(kind)}";

    /// <summary>The layout of blobs.</summary>
    public string Blobs => DirectoryOf(CacheKind.Blob);

    public string PathOf(Digest blob)
    {
        if (blob.Algorithm != "sha256")
        {
            UserDirectory.MakePrivate($"{Blobs}/blobs/{blob.Algorithm}");
        }

        return $"{Blobs}/blobs/{blob.Algorithm}/{blob.Hex}";
    }

    /// <param name="key">Hexadecimal digits.</param>
    public string PathOf(CacheKind kind, string key) => $"{DirectoryOf(kind)}/{key}";

    /// <summary>Where an entry lies: here, or in the site's cache beneath; null when it is nowhere. It counts as used now.</summary>
    /// <param name="size">What it has when it is whole; null when that is not known.</param>
    public string? Find(string path, long? size = null)
    {
        if (FileSystem.TryStat(path) is { IsRegular: true } own && (size is null || own.Size == size))
        {
            FileCalls.MarkUsed(path);
            return path;
        }

        return _policy.Beneath is { } site && site + path[_root.Length..] is var beneath
            && FileSystem.TryStat(beneath) is { IsRegular: true } status && (size is null || status.Size == size) ? beneath : null;
    }

    /// <summary>Gives an entry's path; where there is none, makes it first, or waits for the process that does.</summary>
    /// <param name="make">Writes the entry into a file that has no name yet.</param>
    public string Get(string path, Action<UnnamedFile> make, CancellationToken cancel, Action? waiting = null)
    {
        // On a node by its own lease, since not every file system has locks; between nodes by a lock where there are some.
        NodeLease? lease = null;
        while (lease is null)
        {
            if (Find(path) is { } found)
            {
                return found;
            }

            lease = NodeLease.TakeOrWait("make " + path, cancel, waiting);
        }

        using NodeLease taken = lease;

        // With its kind: an image and the manifest that it is made of have the same digest for their name.
        string key = path[(_root.Length + 1)..].Replace('/', '-');
        using LockFile _ = LockFile.Acquire($"{_root}/{Locks}/{key}", cancel, waiting);
        if (FileSystem.TryStat(path) is { IsRegular: true })
        {
            return path;
        }

        try
        {
            using var file = new UnnamedFile(path);
            make(file);
            file.Publish(sync: true);
            if (_policy.Quota > 0)
            {
                CacheEviction.Shrink(_root, _policy.Quota, path);
            }

            return path;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw NoSpace(_root, failure);
        }
    }

    /// <summary>Fails when the cache's file system has less room than is needed.</summary>
    /// <exception cref="UserException"/>
    public void NeedSpace(long bytes)
    {
        if (FileSystem.FreeBytes(_root) is { } free && free < bytes)
        {
            throw new UserException(
                $"{bytes >> 20} MiB are to be fetched, and the file system of {_root} has {free >> 20} MiB left",
                "make room (kerr cache clean), or name another directory: KERR_CACHEDIR=/scratch/$USER");
        }
    }

    internal static UserException NoSpace(string root, Exception failure)
        => new($"no space is left in {root}", "make room (kerr cache clean), or name another directory: KERR_CACHEDIR=/scratch/$USER", failure);

    private void WriteOnce(string name, string text)
    {
        string path = $"{Blobs}/{name}";
        if (FileSystem.TryStat(path) is null)
        {
            using var file = new UnnamedFile(path);
            FileCalls.Write(file.File, 0, Encoding.ASCII.GetBytes(text));
            file.Publish();
        }
    }
}
