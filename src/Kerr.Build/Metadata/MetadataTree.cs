using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Build.Metadata;

/// <summary>The files that a build puts into an image, seen as the image: what is in its layers is not known yet.</summary>
internal sealed class MetadataTree(IReadOnlyList<MetadataFile> files) : IImageTree
{
    public bool TryStat(string path, out ImageEntry entry, bool follow = true)
    {
        MetadataFile? file = Find(path);
        entry = file is null ? default : new ImageEntry(FileKind.Regular, file.Mode, 0, 0, file.Content.Length, 0);
        return file is not null;
    }

    public byte[]? ReadFile(string path, int limit)
    {
        byte[]? content = Find(path)?.Content;
        return content?.Length > limit ? throw new InvalidDataException($"{path} is longer than {limit} bytes") : content;
    }

    public byte[]? ReadStart(string path, int count) => Find(path)?.Content is { } content ? content[..Math.Min(count, content.Length)] : null;

    public IReadOnlyList<string>? List(string path)
    {
        string directory = path.Trim('/') + "/";
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (MetadataFile file in files)
        {
            if (file.Path.StartsWith(directory, StringComparison.Ordinal))
            {
                names.Add(file.Path[directory.Length..].Split('/')[0]);
            }
        }

        return names.Count == 0 ? null : [.. names];
    }

    public string? ReadLink(string path) => null;

    public void Dispose()
    {
    }

    private MetadataFile? Find(string path)
    {
        foreach (MetadataFile file in files)
        {
            if (path.AsSpan().TrimStart('/').SequenceEqual(file.Path))
            {
                return file;
            }
        }

        return null;
    }
}
