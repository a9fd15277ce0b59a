using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Mpi;

/// <summary>All files of the host that an MPI library needs: libraries, the plug-ins that it opens, and their libraries.</summary>
/// <param name="container">The container's libraries; null when they are not known, so that all come from the host.</param>
/// <param name="own">Beginnings of names of libraries that always come from the host.</param>
/// <param name="never">Libraries that never do.</param>
internal sealed class MpiClosure(IHostFacts host, LibrarySearch search, LibrarySearch? container, string[] own, string[] never)
{
    private readonly Queue<(string Name, string Path)> _open = new();
    private Dictionary<string, string> _paths = [];

    /// <param name="paths">Gets each library by the name it is asked for.</param>
    /// <param name="plugins">Gets directories and files that are opened by their path.</param>
    public void Collect(MpiLibrary library, Dictionary<string, string> paths, List<string> plugins)
    {
        _paths = paths;
        AddLanguages(library);
        Drain();
        foreach (string directory in PluginDirectories())
        {
            plugins.Add(directory);
            foreach (string name in host.Files.List(directory) ?? [])
            {
                if (name.EndsWith(".so", StringComparison.Ordinal))
                {
                    Need($"{directory}/{name}");
                }
            }
        }

        Drain();
        AddTexts(library, plugins);
    }

    /// <summary>The library and its siblings for Fortran, C++ and Java, of the same generation.</summary>
    private void AddLanguages(MpiLibrary library)
    {
        string directory = Directory(library.Path);
        string suffix = library.SoName[library.SoName.IndexOf(".so.", StringComparison.Ordinal)..];
        Take(library.SoName, library.Path);
        foreach (string name in host.Files.List(directory) ?? [])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && (name.StartsWith("libmpi", StringComparison.Ordinal) || name.StartsWith("liboshmem", StringComparison.Ordinal))
                && MpiLibrary.IsName(name) is false)
            {
                Take(name, $"{directory}/{name}");
            }
        }
    }

    private void Drain()
    {
        while (_open.TryDequeue(out (string Name, string Path) next))
        {
            Need(next.Path);
        }
    }

    private void Need(string path)
    {
        if (search.Read(path) is not { } file)
        {
            return;
        }

        foreach (string name in file.Needed)
        {
            if (_paths.ContainsKey(name) || Array.IndexOf(never, name) >= 0 || name.StartsWith("ld-linux", StringComparison.Ordinal) || name.StartsWith("ld64.so", StringComparison.Ordinal))
            {
                continue;
            }

            if (Find(file, path, name) is { } found && (IsOwn(name) || !ContainerServes(file, name)))
            {
                Take(name, found);
            }
        }
    }

    private void Take(string name, string path)
    {
        if (_paths.TryAdd(name, path))
        {
            _open.Enqueue((name, path));
        }
    }

    /// <summary>As the loader looks: its own paths, then the system's.</summary>
    private string? Find(ElfFile file, string path, string name)
    {
        foreach (string entry in (file.RPath ?? file.RunPath ?? "").Split(':'))
        {
            string directory = entry.Replace("${ORIGIN}", "$ORIGIN", StringComparison.Ordinal).Replace("$ORIGIN", Directory(host.RealPath(path) ?? path), StringComparison.Ordinal);
            if (directory.StartsWith('/') && host.Stat($"{directory}/{name}") is { IsRegular: true })
            {
                return FileSystem.Clean($"{directory}/{name}");
            }
        }

        return search.Find(name);
    }

    private bool IsOwn(string name) => Array.Exists(own, beginning => name.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Whether the container has a library with all versions that this file wants of it.</summary>
    private bool ContainerServes(ElfFile file, string name)
    {
        if (container?.Find(name) is not { } path || container.Read(path) is not { } theirs)
        {
            return false;
        }

        foreach (ElfVersionNeed need in file.VersionNeeds)
        {
            bool has = need.Weak || need.File != name;
            foreach (string version in has ? [] : theirs.VersionDefinitions)
            {
                has |= version == need.Version;
            }

            if (!has)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Directories of plug-ins, which lie beside the library that opens them.</summary>
    private List<string> PluginDirectories()
    {
        var directories = new List<string>();
        foreach ((string name, string path) in _paths)
        {
            string[] below = name.StartsWith("libopen-", StringComparison.Ordinal) || name.StartsWith("libmpi.", StringComparison.Ordinal) ? ["openmpi", "openmpi3", "openmpi5"]
                : name.StartsWith("libpmix.", StringComparison.Ordinal) ? ["pmix", "pmix2"]
                : name.StartsWith("libuc", StringComparison.Ordinal) ? ["ucx"]
                : name.StartsWith("libfabric.", StringComparison.Ordinal) ? ["libfabric", "prov"]
                : name.StartsWith("libibverbs.", StringComparison.Ordinal) ? ["libibverbs"] : [];
            if (below.Length == 0)
            {
                continue;
            }

            // Where the file really lies, where it was found, and where it looks for its own.
            foreach (string place in (IEnumerable<string>)
                [Directory(host.RealPath(path) ?? path), Directory(path), .. (search.Read(path)?.RunPath ?? search.Read(path)?.RPath ?? "").Split(':')])
            {
                foreach (string plugin in below)
                {
                    string directory = $"{place}/{plugin}";
                    if (place.StartsWith('/') && !directories.Contains(directory) && HasPlugin(directory))
                    {
                        directories.Add(directory);
                    }
                }
            }
        }

        return directories;
    }

    private bool HasPlugin(string directory)
    {
        foreach (string name in host.Files.List(directory) ?? [])
        {
            if (name.Contains(".so", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Messages and settings, without which errors are numbers and the site's choices are lost.</summary>
    private void AddTexts(MpiLibrary library, List<string> files)
    {
        string directory = Directory(host.RealPath(library.Path) ?? library.Path);
        string prefix = directory.EndsWith("/lib", StringComparison.Ordinal) || directory.EndsWith("/lib64", StringComparison.Ordinal) ? Directory(directory) : "/usr";
        foreach (string path in (ReadOnlySpan<string>)
            [$"{prefix}/share/openmpi", $"{prefix}/share/pmix", "/usr/share/openmpi", "/usr/share/pmix", "/usr/share/pmix2",
             $"{prefix}/etc/openmpi-mca-params.conf", "/etc/openmpi", "/etc/libibverbs.d"])
        {
            if (library.Family == MpiFamily.OpenMpi || path.StartsWith("/etc/libib", StringComparison.Ordinal))
            {
                if (!files.Contains(path) && host.Stat(path) is not null)
                {
                    files.Add(path);
                }
            }
        }
    }

    private static string Directory(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
