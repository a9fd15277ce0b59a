using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Cli.Options;
using Kerr.Linux.Files;
using Kerr.Registry.Cache;

namespace Kerr.Cli.Commands.Cache;

/// <summary><c>cache list</c>: what is kept, and how much room it takes.</summary>
internal static class CacheListCommand
{
    internal static Command Declare() => new()
    {
        Summary = "List what the cache holds",
        Synopsis = "[options]",
        Examples = "kerr cache list\nkerr cache list --verbose --type oci",
        Arity = Arity.Exactly(0),
        Options = static () => CacheOptions.List,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        string root = CacheGroup.Root(invocation);
        var entries = new List<CacheEntry>();
        foreach (CacheKind kind in CacheGroup.Kinds(invocation.Values))
        {
            entries.AddRange(CacheEntries.Of(root, kind));
        }

        StandardStream.Write(StandardStream.Output, Text(entries, invocation.Values.Flag(CacheOptions.Verbose)));
        return 0;
    }

    internal static string Text(IReadOnlyList<CacheEntry> entries, bool verbose)
    {
        var text = new StringBuilder();
        if (verbose)
        {
            text.Append(CultureInfo.InvariantCulture, $"{"NAME",-24} {"DATE CREATED",-22} {"SIZE",-14} TYPE\n");
        }

        long containers = 0, containerBytes = 0, blobs = 0, blobBytes = 0;
        foreach (CacheEntry entry in entries)
        {
            bool blob = entry.Kind == CacheKind.Blob;
            (blobs, blobBytes) = blob ? (blobs + 1, blobBytes + entry.Size) : (blobs, blobBytes);
            (containers, containerBytes) = blob ? (containers, containerBytes) : (containers + 1, containerBytes + entry.Size);
            if (verbose)
            {
                string name = entry.Name.Length > 22 ? entry.Name[..22] : entry.Name;
                string date = DateTimeOffset.FromUnixTimeSeconds(entry.ModifiedAt).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"{name,-24} {date,-22} {CacheGroup.Size(entry.Size),-14} {ImageCache.NameOf(entry.Kind)}\n");
            }
        }

        text.Append(verbose ? "\n" : "");
        text.Append(CultureInfo.InvariantCulture,
            $"There are {containers} container file(s) using {CacheGroup.Size(containerBytes)} and {blobs} oci blob file(s) using {CacheGroup.Size(blobBytes)} of space\n");
        text.Append(CultureInfo.InvariantCulture, $"Total space used: {CacheGroup.Size(containerBytes + blobBytes)}\n");
        return text.ToString();
    }
}
