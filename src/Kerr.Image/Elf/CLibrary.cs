using System;
using System.Collections.Generic;
using System.Globalization;

namespace Kerr.Image.Elf;

/// <summary>Which C library a system has.</summary>
public enum CLibraryKind
{
    None,
    Glibc,
    Musl,
}

/// <summary>A system's C library.</summary>
/// <param name="Version">Of glibc, by the newest versions that it defines: <c>2.36</c>; null otherwise.</param>
/// <param name="Path">Where it lies; null where there is none.</param>
public sealed record CLibrary(CLibraryKind Kind, string? Version, string? Path)
{
    /// <summary>Looks for it as the loader would.</summary>
    public static CLibrary Of(LibrarySearch search)
    {
        if (search.Find("libc.so.6") is { } path && search.Read(path) is { } file)
        {
            return new CLibrary(CLibraryKind.Glibc, Newest(file.VersionDefinitions, "GLIBC_"), path);
        }

        foreach (string directory in (ReadOnlySpan<string>)["/lib", "/usr/lib"])
        {
            foreach (string name in search.Files.List(directory) ?? [])
            {
                if (name.StartsWith("ld-musl-", StringComparison.Ordinal))
                {
                    return new CLibrary(CLibraryKind.Musl, null, $"{directory}/{name}");
                }
            }
        }

        return new CLibrary(CLibraryKind.None, null, null);
    }

    /// <summary>The highest number behind a prefix among names of versions: <c>2.36</c> of <c>GLIBC_2.36</c>; null without any.</summary>
    public static string? Newest(IReadOnlyList<string> versions, string prefix)
    {
        string? newest = null;
        foreach (string version in versions)
        {
            if (version.StartsWith(prefix, StringComparison.Ordinal) && version.Length > prefix.Length && char.IsAsciiDigit(version[prefix.Length])
                && (newest is null || Compare(version[prefix.Length..], newest) > 0))
            {
                newest = version[prefix.Length..];
            }
        }

        return newest;
    }

    /// <summary>Compares <c>2.4</c> and <c>2.34</c> by their numbers.</summary>
    public static int Compare(string one, string other)
    {
        string[] left = one.Split('.'), right = other.Split('.');
        for (int i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            int difference = Part(left, i).CompareTo(Part(right, i));
            if (difference != 0)
            {
                return difference;
            }
        }

        return 0;
    }

    /// <summary>As people call it: <c>glibc 2.36</c>.</summary>
    public override string ToString() => Kind switch
    {
        CLibraryKind.Glibc => Version is null ? "glibc" : $"glibc {Version}",
        CLibraryKind.Musl => "musl",
        _ => "no C library",
    };

    private static int Part(string[] parts, int at)
        => at < parts.Length && int.TryParse(parts[at], NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : at < parts.Length ? -1 : 0;
}
