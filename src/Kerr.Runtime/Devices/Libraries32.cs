using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary><c>--compat32</c>: an accelerator's libraries for programs of 32 bits, besides those of 64 that have the same names.</summary>
internal static class Libraries32
{
    /// <summary>The host's libraries of 32 bits; null where its processor has no such programs.</summary>
    public static LibrarySearch? Search(PlanContext plan) => Architecture.Host == "amd64" ? new LibrarySearch(plan.Host.Files, "386") : null;

    /// <summary>Adds what the host has of a list.</summary>
    public static void Add(Injection injection, AcceleratorList list, string platform, string why)
    {
        LibrarySearch? search = Search(injection.Plan);
        var paths = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in search is null ? [] : list.Libraries)
        {
            foreach ((string found, string path) in search!.FindAll(name))
            {
                paths.TryAdd(found, path);
            }
        }

        Add(injection, search, paths, platform, why);
    }

    public static void Add(Injection injection, LibrarySearch? search, SortedDictionary<string, string> paths, string platform, string why)
    {
        if (search is null || paths.Count == 0)
        {
            injection.Plan.Notes.Warn($"Could not find any 32-bit {platform} libraries on this host!");
            return;
        }

        AcceleratorFiles.AddLibraries(
            injection, search, paths, $"32-bit {platform}", why, ContainerLibraries.Of(injection.Plan, search.Architecture), injection.Libraries32);
    }
}
