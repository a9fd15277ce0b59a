using System.Collections.Generic;
using System.IO;

namespace Kerr.Registry.Layers;

/// <summary>Names in layers, as paths below the image's root without a slash in front.</summary>
internal static class LayerPath
{
    private const int LongestPart = 255;

    /// <summary>Without empty parts and <c>.</c>; the root is the empty text.</summary>
    /// <exception cref="InvalidDataException">It has <c>..</c> in it, or a part that no file system takes.</exception>
    internal static string Clean(string name)
    {
        if (IsClean(name))
        {
            return name;
        }

        var parts = new List<string>();
        foreach (string part in name.Split('/'))
        {
            if (part == "..")
            {
                throw new InvalidDataException($"a layer has the name {name}, which leads out of the image");
            }

            if (part.Length > LongestPart)
            {
                throw new InvalidDataException($"a layer has a name of {part.Length} bytes: {part[..60]}…");
            }

            if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>Where a symbolic link in a directory leads, never above the root.</summary>
    internal static string Follow(string directory, string target)
    {
        var parts = new List<string>();
        foreach (string part in (target.StartsWith('/') ? target : $"{directory}/{target}").Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    internal static string Join(string directory, string rest)
        => directory.Length == 0 ? rest : rest.Length == 0 ? directory : $"{directory}/{rest}";

    // Nearly all names are: no part is made for them.
    private static bool IsClean(string name)
    {
        int start = 0;
        for (int i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && name[i] != '/')
            {
                continue;
            }

            int length = i - start;
            bool dots = (length == 1 && name[start] == '.') || (length == 2 && name[start] == '.' && name[start + 1] == '.');
            if (length is 0 or > LongestPart || dots)
            {
                return false;
            }

            start = i + 1;
        }

        return true;
    }
}
