using System;
using System.Collections.Generic;
using Kerr.Linux.Files;

namespace Kerr.Registry.Cache;

/// <summary>A file in the cache.</summary>
/// <param name="Name">Its key.</param>
/// <param name="ModifiedAt">Seconds since 1970.</param>
/// <param name="UsedAt">Likewise, the later of both.</param>
public sealed record CacheEntry(CacheKind Kind, string Name, string Path, long Size, long ModifiedAt, long UsedAt);

/// <summary>The entries of a cache: to list and to remove.</summary>
public static class CacheEntries
{
    /// <summary>Those of a kind, sorted by name; none where there is no cache.</summary>
    /// <param name="root">The directory <c>cache</c>.</param>
    public static IReadOnlyList<CacheEntry> Of(string root, CacheKind kind)
    {
        string directory = $"{root}/{ImageCache.NameOf(kind)}";
        var entries = new List<CacheEntry>();
        if (kind == CacheKind.Blob)
        {
            foreach (string algorithm in Names(directory + "/blobs"))
            {
                Add(entries, kind, $"{directory}/blobs/{algorithm}");
            }
        }
        else
        {
            Add(entries, kind, directory);
        }

        return entries;
    }

    /// <summary>Removes an entry, and what interrupted downloads of others left beside it.</summary>
    /// <returns>False where it was gone already.</returns>
    public static bool Remove(CacheEntry entry) => FileCalls.Unlink(entry.Path);

    private static void Add(List<CacheEntry> entries, CacheKind kind, string directory)
    {
        foreach (string name in Names(directory))
        {
            string path = $"{directory}/{name}";
            if (FileSystem.TryStat(path, follow: false) is { IsRegular: true } status)
            {
                entries.Add(new CacheEntry(kind, name, path, status.Size, status.ModifiedAt, Math.Max(status.ModifiedAt, status.AccessedAt)));
            }
        }
    }

    private static List<string> Names(string directory)
    {
        if (!FileCalls.TryOpen(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out var handle, out _))
        {
            return [];
        }

        using (handle)
        {
            List<string> names = DirectoryCalls.List(handle);
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }
}
