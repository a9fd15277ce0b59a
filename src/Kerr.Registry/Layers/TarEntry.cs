using System.Collections.Generic;

namespace Kerr.Registry.Layers;

/// <summary>What an entry of a tar archive makes.</summary>
public enum TarKind
{
    File,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// <summary>An extended attribute: its name and its bytes.</summary>
public readonly record struct TarAttribute(string Name, byte[] Value);

/// <summary>An entry of a tar archive, without its content. Names are Latin-1, one character per byte.</summary>
public sealed record TarEntry(TarKind Kind, string Name)
{
    /// <summary>Where a link points, as it is written there.</summary>
    public string LinkName { get; init; } = "";

    /// <summary>Permissions with set-id bits.</summary>
    public int Mode { get; init; } = 0b110_100_100;

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long ModifiedAt { get; init; }

    /// <summary>Bytes of content, holes included; 0 for what is no file.</summary>
    public long Size { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    public IReadOnlyList<TarAttribute> Attributes { get; init; } = [];
}
