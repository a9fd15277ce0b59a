using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Linux.Files;

namespace Kerr.Image.Elf;

/// <summary>Where the loader of a system finds libraries: of an image, or of the host.</summary>
/// <param name="files">The system's files.</param>
/// <param name="architecture">The processor whose libraries count, by Go's name.</param>
/// <param name="first">Directories that are searched before all others, as those of LD_LIBRARY_PATH are.</param>
public sealed class LibrarySearch(IImageTree files, string architecture, IReadOnlyList<string>? first = null)
{
    private const int LargestCache = 16 << 20;

    private readonly Dictionary<string, ElfFile?> _known = new(StringComparer.Ordinal);
    private LoaderCache? _cache;

    public IImageTree Files => files;

    public string Architecture => architecture;

    /// <summary>What ldconfig noted, nothing where there is no such file or it is damaged.</summary>
    public LoaderCache Cache => _cache ??= ReadCache();

    /// <summary>The directories that the loader searches of its own accord; distributions differ, so all of them.</summary>
    public static IReadOnlyList<string> UsualDirectories(string architecture)
    {
        string machine = architecture switch
        {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            "386" => "i386",
            "ppc64le" => "powerpc64le",
            _ => architecture,
        };
        return [$"/lib/{machine}-linux-gnu", $"/usr/lib/{machine}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", "/usr/local/lib64"];
    }

    /// <summary>The path of a library by the name that programs ask for; null if there is none for this processor.</summary>
    public string? Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Fits(name) ? name : null;
        }

        return FindIn(first ?? [], name)
            ?? (Cache.Find(name, LoaderCache.FlagsOf(architecture)) is { } noted && Fits(noted) ? noted : null)
            ?? FindIn(UsualDirectories(architecture), name);
    }

    /// <summary>All libraries of a base name, whatever their generation: of <c>libcuda.so</c> also <c>libcuda.so.1</c>, by name.</summary>
    public SortedDictionary<string, string> FindAll(string name)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string directory in first ?? [])
        {
            foreach (string entry in files.List(directory) ?? [])
            {
                Take(entry, $"{directory}/{entry}");
            }
        }

        foreach (LoaderCacheEntry entry in Cache.Entries)
        {
            // Whatever its flags: ldconfig guesses those of 32-bit libraries by what they need. The file itself tells its processor.
            if (!entry.Variant)
            {
                Take(entry.Name, entry.Path);
            }
        }

        return found;

        void Take(string candidate, string path)
        {
            if ((candidate == name || (candidate.StartsWith(name, StringComparison.Ordinal) && candidate[name.Length] == '.'))
                && !found.ContainsKey(candidate) && Fits(path))
            {
                found[candidate] = path;
            }
        }
    }

    /// <summary>What a file says to the loader; null if it is none of ELF, damaged, or cannot be read.</summary>
    public ElfFile? Read(string path)
    {
        if (_known.TryGetValue(path, out ElfFile? known))
        {
            return known;
        }

        ElfFile? file = null;
        try
        {
            using IFileContent? content = files.OpenFile(path);
            file = content is null ? null : ElfFile.Read(content);
        }
        catch (InvalidDataException)
        {
            // A damaged library loads nowhere: the same as none.
        }

        return _known[path] = file;
    }

    private bool Fits(string path) => Read(path) is { IsDynamic: true } file && file.Architecture == architecture;

    private string? FindIn(IReadOnlyList<string> directories, string name)
    {
        foreach (string directory in directories)
        {
            string path = $"{directory}/{name}";
            if (files.TryStat(path, out ImageEntry entry) && entry.Kind == FileKind.Regular && Fits(path))
            {
                return path;
            }
        }

        return null;
    }

    private LoaderCache ReadCache()
    {
        try
        {
            return files.ReadFile("/etc/ld.so.cache", LargestCache) is { } bytes ? LoaderCache.Read(bytes) : LoaderCache.Empty;
        }
        catch (InvalidDataException)
        {
            return LoaderCache.Empty;
        }
    }
}
