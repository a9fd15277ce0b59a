using System;
using System.Collections.Generic;
using Kerr.Build.Metadata;

namespace Kerr.Build.Assembly;

/// <summary>Whose a file in an image is.</summary>
public readonly record struct FileOwner(string Path, uint Uid, uint Gid);

/// <summary>How a SIF file is made of a directory.</summary>
public sealed record SifAssemblyOptions
{
    /// <summary>The cache of mksquashfs: 16 MiB for each processor keep it busy; more only takes memory.</summary>
    public static string UsualMemory { get; } = $"{Math.Clamp(Environment.ProcessorCount * 16, 64, 512)}M";

    /// <summary>The tool, by its name on PATH or by its path.</summary>
    public string Mksquashfs { get; init; } = "mksquashfs";

    /// <summary>By the tool's name for it: zstd packs thirty times as fast as gzip at the same size; gzip is for kernels before 4.14.</summary>
    public string Compression { get; init; } = UsualCompression;

    public const string UsualCompression = "zstd";

    /// <summary>How many processors the tool uses, 0 for all.</summary>
    public int Processors { get; init; }

    /// <summary>The tool's cache: more does not make it quicker.</summary>
    public string Memory { get; init; } = UsualMemory;

    /// <summary>Options that the user or site adds to the tool's.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>The definition file that the image was built by; else the one in the directory is taken.</summary>
    public byte[]? Definition { get; init; }

    /// <summary>The configuration of the OCI image that this was, as JSON.</summary>
    public byte[]? OciConfig { get; init; }

    /// <summary>By Go's name; else found by a look at the programs in the directory.</summary>
    public string? Architecture { get; init; }

    /// <summary>The time that the image bears, seconds since 1970; else that of the newest file.</summary>
    public long? Time { get; init; }

    /// <summary>Whether the partition is one of data, which cannot be run but mounted.</summary>
    public bool Data { get; init; }

    /// <summary>Files that are packed with those of the directory, which has none of these names.</summary>
    public IReadOnlyList<BaseEntry> Added { get; init; } = [];

    /// <summary>Owners that files of the directory get where they are still there: those that the namespace does not know.</summary>
    public IReadOnlyList<FileOwner> Owners { get; init; } = [];

    /// <summary>Whether what the tool prints is shown, on standard output.</summary>
    public bool ShowTool { get; init; }

    /// <summary>Gives the owner rwX on everything that comes from an OCI image.</summary>
    public bool FixPermissions { get; init; }

    /// <summary>Whether a file that has the target's name already is replaced.</summary>
    public bool Overwrite { get; init; }
}
