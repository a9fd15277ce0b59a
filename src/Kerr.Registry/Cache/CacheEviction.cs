using System;
using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Registry.Cache;

/// <summary>Makes room in a cache that has a limit: what was not used for longest goes first.</summary>
internal static class CacheEviction
{
    /// <summary>What was used since then belongs to a transfer at work, of this process or of another.</summary>
    private static readonly TimeSpan s_atWork = TimeSpan.FromMinutes(10);

    /// <param name="keep">What the room is made for.</param>
    internal static void Shrink(string root, long quota, string keep)
    {
        var entries = new List<CacheEntry>();
        long bytes = 0;
        foreach (CacheKind kind in ImageCache.Kinds)
        {
            foreach (CacheEntry entry in CacheEntries.Of(root, kind))
            {
                bytes += entry.Size;
                if (entry.Path != keep)
                {
                    entries.Add(entry);
                }
            }
        }

        // An image that is made already needs its blobs no more: of two that were used at the same time they go first.
        entries.Sort(static (one, other) => (one.UsedAt, one.Kind != CacheKind.Blob, one.Path).CompareTo((other.UsedAt, other.Kind != CacheKind.Blob, other.Path)));
        long atWork = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (long)s_atWork.TotalSeconds;
        foreach (CacheEntry entry in entries)
        {
            if (bytes <= quota || entry.UsedAt > atWork)
            {
                return;
            }

            try
            {
                bytes -= CacheEntries.Remove(entry) ? entry.Size : 0;
            }
            catch (LinuxException)
            {
                // What cannot be removed stays; the next one may do.
            }
        }
    }
}
