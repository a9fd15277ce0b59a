using System;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Image.Sif;

/// <summary>What must hold between the objects of a SIF file before anything uses them.</summary>
internal static class SifCheck
{
    internal static void Objects(SifHeader header, List<SifDescriptor> used, long fileLength)
    {
        foreach (SifDescriptor descriptor in used)
        {
            InFile(header, descriptor, fileLength);
        }

        Apart(used);
        Links(used, Ids(used));
        OnePrimary(used);
    }

    private static void InFile(SifHeader header, SifDescriptor descriptor, long fileLength)
    {
        if (descriptor.Length < 0 || descriptor.Offset < header.DataOffset
            || descriptor.Offset > fileLength || descriptor.Length > fileLength - descriptor.Offset)
        {
            throw new InvalidDataException(
                $"object {descriptor.Id}, {descriptor.Length} bytes at {descriptor.Offset}, is not in the file of {fileLength} bytes");
        }
    }

    private static void Apart(List<SifDescriptor> used)
    {
        var order = new SifDescriptor[used.Count];
        used.CopyTo(order);
        Array.Sort(order, static (a, b) => a.Offset.CompareTo(b.Offset));
        long end = 0;
        uint before = 0;
        foreach (SifDescriptor descriptor in order)
        {
            if (descriptor.Length == 0)
            {
                continue;
            }

            if (descriptor.Offset < end)
            {
                throw new InvalidDataException($"objects {before} and {descriptor.Id} overlap at {descriptor.Offset}");
            }

            end = descriptor.Offset + descriptor.Length;
            before = descriptor.Id;
        }
    }

    private static Dictionary<uint, int> Ids(List<SifDescriptor> used)
    {
        var places = new Dictionary<uint, int>(used.Count);
        for (int place = 0; place < used.Count; place++)
        {
            uint id = used[place].Id;
            if (id == 0 || !places.TryAdd(id, place))
            {
                throw new InvalidDataException($"two objects have the id {id}, or it is 0");
            }
        }

        return places;
    }

    // A link may point to an object that was deleted since, but following links must come to an end.
    private static void Links(List<SifDescriptor> used, Dictionary<uint, int> places)
    {
        var seenFrom = new int[used.Count];
        for (int start = 0; start < used.Count; start++)
        {
            int place = start;
            while (seenFrom[place] == 0)
            {
                seenFrom[place] = start + 1;
                SifDescriptor at = used[place];
                if (at.LinksToGroup || at.LinkedId == 0 || !places.TryGetValue(at.LinkedId, out int next))
                {
                    break;
                }

                if (seenFrom[next] == start + 1)
                {
                    throw new InvalidDataException($"the links from object {at.Id} lead back to it");
                }

                place = next;
            }
        }
    }

    private static void OnePrimary(List<SifDescriptor> used)
    {
        SifDescriptor? primary = null;
        var selector = new SifSelector { PartitionType = SifPartitionType.PrimarySystem };
        foreach (SifDescriptor descriptor in used)
        {
            if (!selector.Matches(descriptor))
            {
                continue;
            }

            if (primary is not null)
            {
                throw new InvalidDataException($"objects {primary.Id} and {descriptor.Id} are both the primary partition");
            }

            primary = descriptor;
        }
    }
}
