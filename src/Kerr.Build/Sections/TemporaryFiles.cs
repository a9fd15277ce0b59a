using System;
using System.Collections.Generic;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>What sections leave in <c>/tmp</c> and <c>/var/tmp</c> of the image: it is there for later sections, and goes with the last.</summary>
internal sealed class TemporaryFiles
{
    private static readonly string[] s_directories = ["/tmp", "/var/tmp"];

    private readonly HashSet<string> _before = new(StringComparer.Ordinal);

    /// <summary>Notes what is there before the sections run: base and author put it there.</summary>
    internal void Note(RootFiles root)
    {
        foreach (string path in All(root))
        {
            _before.Add(path);
        }
    }

    /// <summary>Removes the rest.</summary>
    internal void Remove(RootFiles root)
    {
        foreach (string path in All(root))
        {
            if (!_before.Contains(path))
            {
                TreeRemoval.Remove(path);
            }
        }
    }

    private static List<string> All(RootFiles root)
    {
        var all = new List<string>();
        foreach (string name in s_directories)
        {
            string directory = root.Resolve(name);
            if (FileCalls.TryOpen(directory, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle handle, out _))
            {
                using (handle)
                {
                    foreach (string entry in DirectoryCalls.List(handle))
                    {
                        all.Add($"{directory}/{entry}");
                    }
                }
            }
        }

        return all;
    }
}
