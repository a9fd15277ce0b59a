using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Kerr.Image.Sif;

namespace Kerr.Tests.Image.Sif;

/// <summary>A SIF file in memory whose every number can be made wrong.</summary>
internal sealed class SifBytes
{
    internal const int TableOffset = 4096;

    internal SifBytes(int length = 40_000, int capacity = 48)
    {
        Bytes = new byte[length];
        Capacity = capacity;
        new SifHeader(
            SifWriter.RunLaunchScript, "amd64", Guid.Empty, 0, 0, capacity, capacity, TableOffset,
            capacity * SifDescriptor.Size, TableOffset + (capacity * SifDescriptor.Size), 0).Write(Bytes);
    }

    internal byte[] Bytes { get; }

    private int Capacity { get; }

    private List<int> Used { get; } = [];

    internal SifBytes With(int headerOffset, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(headerOffset), value);
        return this;
    }

    internal SifBytes With(uint id, long offset, long length, uint link = 0, bool primary = false)
    {
        int index = Used.Count;
        Used.Add(index);
        new SifDescriptor
        {
            Index = index,
            DataType = primary ? SifDataType.Partition : SifDataType.Generic,
            Id = id,
            GroupId = 1,
            LinkedId = link,
            Offset = offset,
            Length = length,
            Extra = primary
                ? SifExtra.Of(new SifPartition(Kerr.Image.PartitionFileSystem.SquashFs, SifPartitionType.PrimarySystem, "amd64"))
                : new byte[SifDescriptor.ExtraSize],
        }.Write(Bytes.AsSpan(TableOffset + (index * SifDescriptor.Size)));
        return With(80, Capacity - Used.Count);
    }
}
