using System;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Registry.Cache;

/// <summary>What a site or a user says about a cache.</summary>
/// <param name="Beneath">A directory <c>cache</c> that is looked into where the user's has nothing, and never written; null for none.</param>
/// <param name="Quota">Bytes that the user's may have; 0 for no limit.</param>
public sealed record CachePolicy(string? Beneath, long Quota)
{
    public static CachePolicy None { get; } = new(null, 0);

    /// <summary>A size as people write it: bytes, or with K, M, G, T for powers of 1024.</summary>
    /// <exception cref="UserException">It is no size.</exception>
    public static long ParseSize(string text, string name)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim(' ');
        number = number.EndsWith("iB", StringComparison.OrdinalIgnoreCase) ? number[..^2] : number.EndsWith("B", StringComparison.OrdinalIgnoreCase) ? number[..^1] : number;
        int shift = number.Length == 0 ? 0 : 10 * ("KMGT".IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal) + 1);
        return long.TryParse(shift > 0 ? number[..^1] : number, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count <= long.MaxValue >> shift
            ? count << shift : throw new UserException($"{name}: {text} is no size", "write it like this: 20G");
    }

    /// <summary>The cache of a site, whose files are not looked at again before they are run; so nobody else may write there.</summary>
    /// <param name="directory">The directory that holds <c>cache</c>.</param>
    /// <returns>The directory <c>cache</c>; null, with a reason, when it is not to be used.</returns>
    public static string? Trusted(string directory, out string? reason)
    {
        const int OthersWrite = 0b000_000_010;
        string root = directory.TrimEnd('/') + "/cache";
        reason = null;
        foreach (string path in (ReadOnlySpan<string>)[directory, root, $"{root}/{ImageCache.NameOf(CacheKind.OciTmp)}", $"{root}/{ImageCache.NameOf(CacheKind.Oras)}",
            $"{root}/{ImageCache.NameOf(CacheKind.Library)}", $"{root}/{ImageCache.NameOf(CacheKind.Net)}", $"{root}/{ImageCache.NameOf(CacheKind.Blob)}"])
        {
            FileStatus? status = FileSystem.TryStat(path);
            if (status is null && path == root)
            {
                reason = $"there is no {root}";
                return null;
            }

            if (status is { } found && (found.Permissions & OthersWrite) != 0)
            {
                reason = $"everybody can write to {path}";
                return null;
            }
        }

        return root;
    }
}
