using System.Collections.Generic;
using System.IO;
using Kerr.Image.Sif;

namespace Kerr.Image;

/// <summary>Partitions of SIF files other than the root: what `--bind image-src=` mounts.</summary>
public static class ImagePartitions
{
    /// <summary>The partition with this number, of whatever type; without a number the first data partition; null if there is none.</summary>
    public static RootPartition? DataPartition(this ImageFile image, uint? id)
    {
        if (image.Sif is null || image.Handle is null)
        {
            return null;
        }

        if (id is null)
        {
            List<RootPartition> data = image.Partitions(SifPartitionType.Data);
            return data.Count > 0 ? data[0] : null;
        }

        SifDescriptor? descriptor = image.Sif.Find(new SifSelector { Id = id, DataType = SifDataType.Partition });
        try
        {
            return descriptor is null ? null : RootPartition.Of(new FileRange(image.Handle), descriptor);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
