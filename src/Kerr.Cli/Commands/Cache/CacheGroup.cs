using System;
using System.Collections.Generic;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Registry.Cache;

namespace Kerr.Cli.Commands.Cache;

/// <summary><c>cache</c>: what was fetched and is kept.</summary>
internal static class CacheGroup
{
    internal static Command Declare() => new() { Summary = "Manage the cache of images" };

    /// <summary>The directory <c>cache</c> of the caller.</summary>
    internal static string Root(Invocation invocation) => (UserDirectory.CacheParent(invocation.Environment)
        ?? throw new UserException("the caller has no home directory, and so no cache", "name a directory for it: KERR_CACHEDIR=/scratch/$USER")).TrimEnd('/') + "/cache";

    /// <summary>The kinds that --type asks for.</summary>
    internal static List<CacheKind> Kinds(OptionValues values)
    {
        IReadOnlyList<string> asked = values.IsSet(CacheOptions.Type) ? values.Items(CacheOptions.Type) : ["all"];
        var kinds = new List<CacheKind>();
        foreach (string name in asked)
        {
            switch (name)
            {
                case "all":
                    return [.. ImageCache.Kinds];
                case "library":
                    kinds.Add(CacheKind.Library);
                    break;
                case "oci":
                    kinds.Add(CacheKind.OciTmp);
                    break;
                case "shub":
                    kinds.Add(CacheKind.Shub);
                    break;
                case "blob" or "blobs":
                    kinds.Add(CacheKind.Blob);
                    break;
                case "net":
                    kinds.Add(CacheKind.Net);
                    break;
                case "oras":
                    kinds.Add(CacheKind.Oras);
                    break;
                default:
                    throw new UserException($"{name} is no kind of cache entry", "known are library, oci, shub, blob, net, oras and all");
            }
        }

        return kinds;
    }

    /// <summary>A number of bytes as the peers write it: <c>12.34 MiB</c>.</summary>
    internal static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < units.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{size:0.00} {units[unit]}");
    }
}
