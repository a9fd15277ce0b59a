using System;
using System.Collections.Generic;

namespace Kerr.Image;

/// <summary>How a tree of files answers the questions that walking a path asks.</summary>
internal interface IWalkedTree<TNode>
{
    /// <summary>The entry of a directory; false if there is none or the node is no directory.</summary>
    bool TryChild(TNode directory, string name, out TNode child);

    bool IsDirectory(TNode node);

    /// <summary>The target of a symbolic link, null if the node is none.</summary>
    string? LinkTarget(TNode node);
}

/// <summary>Walks a path as the kernel does when the tree's root is <c>/</c>: links and <c>..</c> stay below it.</summary>
internal static class PathWalk
{
    /// <summary>MAXSYMLINKS of the kernel.</summary>
    private const int MostLinks = 40;

    private const int LongestPath = 4096;

    /// <summary>The node that a path names; false if there is none.</summary>
    internal static bool TryFind<TNode>(IWalkedTree<TNode> tree, TNode root, string path, bool follow, out TNode found)
    {
        // From the root to where we are; "..", at the root too, takes one off.
        var above = new List<TNode> { root };
        string rest = path;
        int links = 0;
        found = root;
        for (int at = 0; ;)
        {
            while (at < rest.Length && rest[at] == '/')
            {
                at++;
            }

            if (at == rest.Length)
            {
                found = above[^1];
                return true;
            }

            int end = rest.IndexOf('/', at);
            end = end < 0 ? rest.Length : end;
            ReadOnlySpan<char> name = rest.AsSpan(at, end - at);
            if (name is ".." && above.Count > 1)
            {
                above.RemoveAt(above.Count - 1);
            }
            else if (name is not (".." or "."))
            {
                if (!tree.TryChild(above[^1], name.ToString(), out TNode child))
                {
                    return false;
                }

                // A slash behind a link makes it followed, as in the kernel.
                string? target = follow || end < rest.Length ? tree.LinkTarget(child) : null;
                if (target is not null)
                {
                    if (++links > MostLinks || target.Length == 0 || target.Length >= LongestPath)
                    {
                        return false;
                    }

                    if (target[0] == '/')
                    {
                        above.RemoveRange(1, above.Count - 1);
                    }

                    rest = target + rest[end..];
                    at = 0;
                    continue;
                }

                if (end < rest.Length && !tree.IsDirectory(child))
                {
                    return false;
                }

                above.Add(child);
            }

            at = end;
        }
    }
}
