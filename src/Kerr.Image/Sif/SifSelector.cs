namespace Kerr.Image.Sif;

/// <summary>Which objects are meant: those that agree with every property that is set.</summary>
public readonly record struct SifSelector
{
    public SifDataType? DataType { get; init; }

    public uint? Id { get; init; }

    /// <summary>0 selects what is in no group.</summary>
    public uint? GroupId { get; init; }

    /// <summary>The object that it links to.</summary>
    public uint? LinkedId { get; init; }

    /// <summary>The group that it links to.</summary>
    public uint? LinkedGroupId { get; init; }

    public SifPartitionType? PartitionType { get; init; }

    /// <summary>The architecture of a partition, by Go's name.</summary>
    public string? Architecture { get; init; }

    public string? Name { get; init; }

    /// <summary>The digest of an OCI object.</summary>
    public string? Digest { get; init; }

    public bool Matches(SifDescriptor descriptor)
    {
        if ((DataType is { } type && type != descriptor.DataType)
            || (Id is { } id && id != descriptor.Id)
            || (GroupId is { } group && group != descriptor.GroupId)
            || (LinkedId is { } link && (descriptor.LinksToGroup || link != descriptor.LinkedId))
            || (LinkedGroupId is { } linkedGroup && (!descriptor.LinksToGroup || linkedGroup != descriptor.LinkedId))
            || (Name is { } name && name != descriptor.Name))
        {
            return false;
        }

        if (Digest is { } digest && SifHeader.Text(descriptor.Extra.Span) != digest)
        {
            return false;
        }

        if (PartitionType is null && Architecture is null)
        {
            return true;
        }

        if (descriptor.DataType != SifDataType.Partition)
        {
            return false;
        }

        SifPartition partition = SifExtra.Partition(descriptor);
        return (PartitionType is not { } wanted || wanted == partition.Type)
            && (Architecture is not { } architecture || architecture == partition.Architecture);
    }
}
