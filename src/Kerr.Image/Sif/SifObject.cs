using System;
using System.IO;

namespace Kerr.Image.Sif;

/// <summary>An object to put into a SIF file: its content, and what its descriptor shall say.</summary>
public sealed record SifObject(SifDataType DataType, Stream Content)
{
    public const int PartitionAlignment = 4096;

    /// <summary>The group it is in, 0 for none.</summary>
    public uint GroupId { get; init; } = 1;

    /// <summary>The id of the object or group that it belongs to, 0 for none.</summary>
    public uint LinkedId { get; init; }

    public bool LinksToGroup { get; init; }

    /// <summary>Latin-1, at most 128 bytes.</summary>
    public string Name { get; init; } = "";

    /// <summary>As <see cref="SifExtra"/> makes it.</summary>
    public ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>Its offset is a multiple of this; 1 where it does not matter.</summary>
    public int Alignment { get; init; } = DataType == SifDataType.Partition ? PartitionAlignment : 1;

    public static SifObject Of(SifDataType type, byte[] content, string name = "")
        => new(type, new MemoryStream(content, writable: false)) { Name = name };

    public static SifObject Partition(SifPartition partition, Stream content, string name = "")
        => new(SifDataType.Partition, content) { Name = name, Extra = SifExtra.Of(partition) };
}
