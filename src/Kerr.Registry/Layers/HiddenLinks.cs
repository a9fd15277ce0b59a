using System.Collections.Generic;
using System.IO;
using Kerr.Registry.Sources;

namespace Kerr.Registry.Layers;

/// <summary>
/// Hard links to a file whose own name an upper layer deletes or replaces: the content was passed over, and is read again for them.
/// </summary>
public sealed class HiddenLinks(LayerMerge merge, TarWriter output)
{
    private const int MostRounds = 16;

    /// <summary>Writes what can be linked, then what has to be read again.</summary>
    /// <exception cref="InvalidDataException">A link leads to a name that no layer has.</exception>
    public void Write(OciImage image)
    {
        var wanted = new List<PendingLink>(merge.WriteLinks());
        for (int round = 0; wanted.Count > 0 && !merge.MustBeRepeated; round++)
        {
            if (round == MostRounds)
            {
                throw NotFound(wanted[0]);
            }

            wanted = ReadAgain(image, wanted);
        }
    }

    // Gives those that lead to a link, which leads to another name in the same layer.
    private List<PendingLink> ReadAgain(OciImage image, List<PendingLink> wanted)
    {
        var next = new List<PendingLink>();
        for (int layer = 1; layer <= image.Layers.Count && wanted.Count > 0; layer++)
        {
            if (!wanted.Exists(link => link.Layer <= layer))
            {
                continue;
            }

            using Stream tar = LayerStream.Open(image.Layers[^layer].Open());
            var reader = new TarReader(tar);
            while (wanted.Count > 0 && reader.Next() is { } entry)
            {
                string path = LayerPath.Clean(entry.Name);
                List<PendingLink> found = wanted.FindAll(link => link.Layer <= layer && link.Target == path);
                if (found.Count == 0)
                {
                    continue;
                }

                wanted.RemoveAll(found.Contains);
                if (entry.Kind == TarKind.HardLink)
                {
                    string target = LayerPath.Clean(entry.LinkName);
                    found.ForEach(link => next.Add(link with { Target = target, Layer = (ushort)layer }));
                    continue;
                }

                if (entry.Kind == TarKind.Directory)
                {
                    throw new InvalidDataException($"a layer has {found[0].Path} as a hard link to the directory {path}");
                }

                output.Write(merge.Fitted(entry, found[0].Path), reader);
                for (int i = 1; i < found.Count; i++)
                {
                    output.Write(new TarEntry(TarKind.HardLink, found[i].Path) { LinkName = found[0].Path });
                }
            }
        }

        return wanted.Count == 0 ? next : throw NotFound(wanted[0]);
    }

    private static InvalidDataException NotFound(PendingLink link)
        => new($"a layer has {link.Path} as a hard link to {link.Target}, which is in no layer");
}
