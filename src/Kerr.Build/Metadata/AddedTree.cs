using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Build.Metadata;

/// <summary>An image's files with base files added that it does not have, as they will be when it is packed.</summary>
internal sealed class AddedTree(IImageTree below, IReadOnlyList<BaseEntry> added) : IImageTree
{
    public bool TryStat(string path, out ImageEntry entry, bool follow = true)
    {
        if (Find(path) is { } found)
        {
            entry = new ImageEntry(found.Kind, (int)found.Mode, 0, 0, found.Content.Length, 0);
            return true;
        }

        return below.TryStat(path, out entry, follow);
    }

    public byte[]? ReadFile(string path, int limit)
    {
        if (Find(path) is not { Kind: FileKind.Regular } found)
        {
            return below.ReadFile(path, limit);
        }

        return found.Content.Length <= limit ? Encoding.Latin1.GetBytes(found.Content) : throw new InvalidDataException($"{path} is longer than {limit} bytes");
    }

    public byte[]? ReadStart(string path, int count)
        => Find(path) is { Kind: FileKind.Regular } found
            ? Encoding.Latin1.GetBytes(found.Content[..Math.Min(count, found.Content.Length)]) : below.ReadStart(path, count);

    public IReadOnlyList<string>? List(string path)
    {
        IReadOnlyList<string>? names = below.List(path);
        string directory = path.TrimEnd('/') + "/";
        var all = new SortedSet<string>(names ?? [], StringComparer.Ordinal);
        foreach (BaseEntry entry in added)
        {
            if (entry.Path.StartsWith(directory, StringComparison.Ordinal) && entry.Path.IndexOf('/', directory.Length) < 0)
            {
                all.Add(entry.Path[directory.Length..]);
            }
        }

        return names is null && all.Count == 0 ? null : [.. all];
    }

    public string? ReadLink(string path) => Find(path) is { Kind: FileKind.SymbolicLink } found ? found.Content : below.ReadLink(path);

    public void Dispose() => below.Dispose();

    private BaseEntry? Find(string path)
    {
        foreach (BaseEntry entry in added)
        {
            if (entry.Path == path)
            {
                return entry;
            }
        }

        return null;
    }
}
