using System.Collections.Generic;

namespace Kerr.Build.Overlays;

/// <summary>What a new overlay is to be.</summary>
public sealed record OverlayImageOptions
{
    /// <summary>In MiB; at least <see cref="OverlayImage.SmallestSize"/>.</summary>
    public int Size { get; init; } = OverlayImage.SmallestSize;

    /// <summary>Its blocks are taken from the disk when they are written, not now.</summary>
    public bool Sparse { get; init; }

    /// <summary>Paths that are directories in it from the start.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>What is in it belongs to root, as launches with `--fakeroot` see themselves; else to the caller.</summary>
    public bool Fakeroot { get; init; }

    /// <summary>Where the directories are prepared.</summary>
    public string TemporaryDirectory { get; init; } = "/tmp";

    /// <summary>The name of the program, for remedies.</summary>
    public string Program { get; init; } = "kerr";
}
