using System.Collections.Generic;

namespace Kerr.Registry.Layers;

/// <summary>A hard link that waits for its other name, which a lower layer may have.</summary>
internal sealed record PendingLink(int Node, string Path, string Target, ushort Layer);

/// <summary>The hard links that could not be written at once: the other name must stand before them in the stream.</summary>
internal sealed class LinkQueue(PathTree tree)
{
    private List<PendingLink> _links = [];
    private readonly HashSet<int> _nodes = [];

    /// <summary>Finds a name as an entry of a layer sees it.</summary>
    internal delegate int Locator(ref string path, ushort layer);

    internal bool Contains(int node) => _nodes.Contains(node);

    internal void Add(PendingLink link)
    {
        _links.Add(link);
        _nodes.Add(link.Node);
    }

    /// <summary>Writes those whose other name is in the stream by now; gives the rest.</summary>
    internal List<PendingLink> Write(TarWriter output, Locator locate)
    {
        // A link may lead to a name that is such a link itself.
        for (bool progress = true; progress;)
        {
            progress = false;
            var left = new List<PendingLink>();
            foreach (PendingLink link in _links)
            {
                string target = link.Target;
                int other = locate(ref target, link.Layer);

                // What an upper layer has under that name is another file: the link shares the one that was there before.
                if (other >= 0 && !_nodes.Contains(other) && tree[other].State == NameState.Other && tree[other].Layer >= link.Layer)
                {
                    output.Write(new TarEntry(TarKind.HardLink, link.Path) { LinkName = tree.PathOf(other) });
                    _nodes.Remove(link.Node);
                    progress = true;
                }
                else
                {
                    left.Add(link);
                }
            }

            _links = left;
        }

        return _links;
    }
}
