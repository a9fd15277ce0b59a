using System;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Image.Sif;

/// <summary>A SIF file's header and the descriptors in use, all checked against the file and each other.</summary>
public sealed class SifImage
{
    private SifImage(SifHeader header, List<SifDescriptor> descriptors)
    {
        Header = header;
        Descriptors = descriptors;
    }

    public SifHeader Header { get; }

    /// <summary>The descriptors in use, in the table's order.</summary>
    public IReadOnlyList<SifDescriptor> Descriptors { get; }

    /// <summary>The system partition that a launch uses, null if the image has none.</summary>
    public SifDescriptor? PrimaryPartition => Find(new SifSelector { PartitionType = SifPartitionType.PrimarySystem });

    /// <summary>Reads header and table: two reads, however large the image is.</summary>
    /// <exception cref="InvalidDataException">What is wrong, for a file that is none or is damaged.</exception>
    public static SifImage Read(IByteSource source)
    {
        Span<byte> start = stackalloc byte[SifHeader.Size];
        start = start[..(int)Math.Min(source.Length, start.Length)];
        source.Read(0, start);
        SifHeader header = SifHeader.Parse(start, source.Length);

        var table = new byte[(int)header.DescriptorsTotal * SifDescriptor.Size];
        source.Read(header.DescriptorsOffset, table);
        var used = new List<SifDescriptor>();
        for (int index = 0; index < header.DescriptorsTotal; index++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(index * SifDescriptor.Size, SifDescriptor.Size);
            if (SifDescriptor.IsUsed(entry))
            {
                used.Add(SifDescriptor.Parse(entry, index));
            }
        }

        SifCheck.Objects(header, used, source.Length);
        return new SifImage(header, used);
    }

    /// <summary>The first object that the selector means, null if there is none.</summary>
    public SifDescriptor? Find(SifSelector selector)
    {
        foreach (SifDescriptor descriptor in Descriptors)
        {
            if (selector.Matches(descriptor))
            {
                return descriptor;
            }
        }

        return null;
    }

    /// <summary>All objects that the selector means, in the table's order.</summary>
    public List<SifDescriptor> FindAll(SifSelector selector)
    {
        var found = new List<SifDescriptor>();
        foreach (SifDescriptor descriptor in Descriptors)
        {
            if (selector.Matches(descriptor))
            {
                found.Add(descriptor);
            }
        }

        return found;
    }

    /// <summary>The bytes of an object that is at most <paramref name="limit"/> long.</summary>
    public static byte[] ReadObject(IByteSource source, SifDescriptor descriptor, int limit)
    {
        if (descriptor.Length > limit)
        {
            throw new InvalidDataException($"object {descriptor.Id} has {descriptor.Length} bytes, more than {limit}");
        }

        var bytes = new byte[descriptor.Length];
        source.Read(descriptor.Offset, bytes);
        return bytes;
    }

    /// <summary>Copies an object's bytes, whatever its length.</summary>
    public static void CopyObject(IByteSource source, SifDescriptor descriptor, Stream target)
    {
        var buffer = new byte[Math.Min(descriptor.Length, 128 * 1024)];
        for (long done = 0; done < descriptor.Length;)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, descriptor.Length - done));
            source.Read(descriptor.Offset + done, part);
            target.Write(part);
            done += part.Length;
        }
    }
}
