using System;
using System.Collections.Generic;

namespace Kerr.Image.Elf;

/// <summary>Whether libraries from elsewhere would load among those of a container.</summary>
/// <remarks>
/// The loader refuses a library when a file that it takes symbols from lacks one of the versions asked for. Which file that is depends on
/// what is found first: the container's own, or one that comes along. A needed file that is nowhere does not count: it may lie where an image's
/// own paths lead.
/// </remarks>
/// <param name="container">The libraries of the container.</param>
/// <param name="broughtFirst">What comes along is found before the container's own.</param>
public sealed class LoadCheck(LibrarySearch container, bool broughtFirst)
{
    private readonly CLibrary _libc = CLibrary.Of(container);

    /// <summary>The container's C library.</summary>
    public CLibrary Libc => _libc;

    /// <summary>Takes out what would not load, and what needs it, until nothing more falls; gives the reasons by name.</summary>
    /// <param name="brought">What comes along, by the name that it is asked for.</param>
    public SortedDictionary<string, string> Exclude(Dictionary<string, ElfFile> brought)
    {
        var reasons = new SortedDictionary<string, string>(StringComparer.Ordinal);
        bool changed;
        do
        {
            changed = false;
            foreach (string name in (List<string>)[.. brought.Keys])
            {
                if (Obstacle(brought[name], brought, reasons) is { } reason)
                {
                    reasons[name] = reason;
                    brought.Remove(name);
                    changed = true;
                }
            }
        }
        while (changed);
        return reasons;
    }

    /// <summary>Why a library would not load; null when nothing speaks against it.</summary>
    /// <param name="brought">What comes along with it.</param>
    /// <param name="left">What was to come along and was left out.</param>
    public string? Obstacle(ElfFile library, IReadOnlyDictionary<string, ElfFile> brought, SortedDictionary<string, string>? left = null)
    {
        if (library.Architecture != container.Architecture)
        {
            return $"it is for {library.Architecture ?? "another processor"}, the container for {container.Architecture}";
        }

        foreach (string needed in library.Needed)
        {
            if (needed == "libc.so.6" && _libc.Kind != CLibraryKind.Glibc)
            {
                return $"it needs glibc, and the container has {_libc}";
            }

            if (left is not null && left.ContainsKey(needed) && Provider(needed, brought) is null)
            {
                return $"it needs {needed}, which is left out";
            }
        }

        foreach (ElfVersionNeed need in library.VersionNeeds)
        {
            if (!need.Weak && Provider(need.File, brought) is { } provider && provider.VersionDefinitions.Count > 0 && !Contains(provider.VersionDefinitions, need.Version))
            {
                return $"it needs {need.Version} of {need.File}, {Has(provider, need)}";
            }
        }

        return null;
    }

    private ElfFile? Provider(string name, IReadOnlyDictionary<string, ElfFile> brought)
    {
        ElfFile? own = container.Find(name) is { } path ? container.Read(path) : null;
        return brought.TryGetValue(name, out ElfFile? other) && (broughtFirst || own is null) ? other : own;
    }

    private static string Has(ElfFile provider, ElfVersionNeed need)
    {
        int digit = need.Version.IndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        string prefix = digit > 0 ? need.Version[..digit] : need.Version;
        return CLibrary.Newest(provider.VersionDefinitions, prefix) is { } newest
            ? $"and the container's goes up to {prefix}{newest}" : $"and the container's has no {prefix.TrimEnd('_')} versions";
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        foreach (string candidate in names)
        {
            if (candidate == name)
            {
                return true;
            }
        }

        return false;
    }
}
