using System;
using Kerr.Linux;

namespace Kerr.Registry.References;

/// <summary>What an image is made for: architecture by Go's name, and its variant; Linux always.</summary>
/// <param name="Variant">Such as <c>v8</c>; empty for none.</param>
public readonly record struct Platform(string Architecture, string Variant)
{
    /// <summary>From what a user gave: <c>arm64</c>, <c>arm</c> with variant 7, <c>arm64v8</c>, <c>linux/arm64/v8</c>.</summary>
    /// <exception cref="UserException">No image is ever made for that.</exception>
    public static Platform Parse(string architecture, string variant = "")
    {
        string name = architecture.StartsWith("linux/", StringComparison.Ordinal) ? architecture["linux/".Length..] : architecture;
        int slash = name.IndexOf('/');
        if (slash >= 0)
        {
            (name, variant) = (name[..slash], name[(slash + 1)..]);
        }

        variant = variant.TrimStart('v');
        string given = variant.Length == 0 ? name : name switch
        {
            "arm" => "arm32v" + variant,
            "arm64" => "arm64v" + variant,
            _ => $"{name}v{variant}",
        };
        return given switch
        {
            "amd64" or "386" or "ppc64le" or "s390x" or "riscv64" or "mips64le" or "loong64" => new Platform(given, ""),
            "amd64v1" or "amd64v2" or "amd64v3" or "amd64v4" => new Platform("amd64", given["amd64".Length..]),
            "arm" => new Platform("arm", "v7"),
            "arm32v5" or "arm32v6" or "arm32v7" => new Platform("arm", given["arm32".Length..]),
            "arm64" or "arm64v8" => new Platform("arm64", "v8"),
            _ => throw new UserException($"arch: {given} is not valid", "known are amd64, 386, arm (variants 5, 6, 7), arm64, ppc64le, s390x, riscv64, mips64le and loong64"),
        };
    }

    /// <summary>
    /// How well something made for <paramref name="architecture"/> and <paramref name="variant"/> serves: 0 not at all, more is better.
    /// </summary>
    public int Fit(string? os, string? architecture, string? variant)
    {
        if (os is not (null or "" or "linux") || architecture != Architecture)
        {
            return 0;
        }

        int wanted = Level(Variant), offered = Level(variant ?? "");
        if (wanted == offered || wanted == 0)
        {
            return 100;
        }

        // A processor runs what was made for an older variant of it; nothing said counts as the oldest.
        return offered == 0 ? 50 : offered < wanted ? 50 + offered : 0;
    }

    private static int Level(string variant)
        => variant.Length == 2 && variant[0] == 'v' && char.IsAsciiDigit(variant[1]) ? variant[1] - '0' : 0;

    public override string ToString() => Variant.Length == 0 ? $"linux/{Architecture}" : $"linux/{Architecture}/{Variant}";
}
