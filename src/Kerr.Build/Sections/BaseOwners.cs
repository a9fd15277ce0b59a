using System.Collections.Generic;
using Kerr.Build.Assembly;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Build.Sections;

/// <summary>The files of a base image that are not root's, by its metadata: a namespace with one id shows them as root's.</summary>
internal static class BaseOwners
{
    private const int Deepest = 256;

    internal static IReadOnlyList<FileOwner> Of(string image)
    {
        var owners = new List<FileOwner>();
        using ImageFile file = ImageFile.Open(image);
        if (file.Kind == ImageKind.Sandbox)
        {
            return owners;
        }

        using IImageTree? tree = ImageTree.Open(file);
        if (tree is not null)
        {
            Add(tree, "", owners, 0);
        }

        return owners;
    }

    private static void Add(IImageTree tree, string directory, List<FileOwner> owners, int depth)
    {
        foreach (string name in tree.List(directory.Length == 0 ? "/" : directory) ?? [])
        {
            string path = $"{directory}/{name}";
            if (!tree.TryStat(path, out ImageEntry entry, follow: false))
            {
                continue;
            }

            if ((entry.Uid != 0 || entry.Gid != 0) && entry.Kind is FileKind.Regular or FileKind.Directory)
            {
                owners.Add(new FileOwner(path, entry.Uid, entry.Gid));
            }

            if (entry.Kind == FileKind.Directory && depth < Deepest)
            {
                Add(tree, path, owners, depth + 1);
            }
        }
    }
}
