using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary>From a list of names to files of the host that the container can use.</summary>
internal static class AcceleratorFiles
{
    /// <summary>Adds what the host has of a list.</summary>
    /// <param name="platform">As messages call it: <c>nv</c>, <c>rocm</c>.</param>
    /// <param name="device">A node that only a host with such hardware has.</param>
    /// <param name="marks">Parts of names that only its own files have: lists name general libraries, too, which say nothing.</param>
    /// <param name="asked">Whether the user asked for it; else the configuration did, and a host without is nothing to tell.</param>
    /// <returns>Whether the host has anything of it.</returns>
    public static bool Add(Injection injection, AcceleratorList list, string platform, string device, string[] marks, string why, bool asked)
    {
        PlanContext plan = injection.Plan;
        var search = new LibrarySearch(plan.Host.Files, Architecture.Host);
        var paths = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in list.Libraries)
        {
            foreach ((string found, string path) in search.FindAll(name))
            {
                paths.TryAdd(found, path);
            }
        }

        var files = new List<InjectedFile>();
        foreach (string name in list.Programs)
        {
            if (plan.Host.FindProgram(name, plan.SearchPath) is { } program)
            {
                files.Add(new InjectedFile(program, "/usr/bin/" + name, true, why));
            }
        }

        foreach (string path in list.Files)
        {
            if (plan.Host.Stat(path) is not null)
            {
                files.Add(new InjectedFile(path, FileSystem.Clean(path), true, why));
            }
        }

        bool any = plan.Host.Stat(device) is not null;
        foreach (string mark in marks)
        {
            any |= files.Exists(file => file.Source.Contains(mark, StringComparison.Ordinal));
            foreach (string name in paths.Keys)
            {
                any |= name.Contains(mark, StringComparison.Ordinal);
            }
        }

        if (!any || paths.Count + files.Count == 0)
        {
            Tell(plan, $"Could not find any {platform} files on this host!", asked);
            return false;
        }

        AddLibraries(injection, search, paths, platform, why);
        if (injection.With32)
        {
            Libraries32.Add(injection, list, platform, why);
        }

        foreach (InjectedFile file in files)
        {
            AddFile(injection, search, file);
        }

        return true;
    }

    public static void AddLibraries(Injection injection, LibrarySearch search, SortedDictionary<string, string> paths, string platform, string why)
        => AddLibraries(injection, search, paths, platform, why, injection.Container, injection.Libraries);

    /// <param name="container">What they are to load among.</param>
    /// <param name="chosen">Where those go that would load.</param>
    public static void AddLibraries(
        Injection injection, LibrarySearch search, SortedDictionary<string, string> paths, string platform, string why,
        ContainerLibraries container, List<InjectedLibrary> chosen)
    {
        var brought = new Dictionary<string, ElfFile>(StringComparer.Ordinal);
        foreach ((string name, string path) in paths)
        {
            if (search.Read(path) is { } library)
            {
                brought[name] = library;
            }
        }

        int all = brought.Count;
        SortedDictionary<string, string> left = container.Exclude(brought, broughtFirst: false);
        if (container.Unknown is { } unknown && all > 0)
        {
            injection.Plan.Notes.Verbose($"The {platform} libraries are not compared with the container's: {unknown}");
        }

        LeftOut(injection.Plan, platform, left, all);
        foreach ((string name, string path) in paths)
        {
            if (brought.ContainsKey(name))
            {
                chosen.Add(new InjectedLibrary(name, path, why));
            }
        }
    }

    /// <summary>One warning for all, and each with its reason for `explain` and --verbose.</summary>
    public static void LeftOut(PlanContext plan, string platform, SortedDictionary<string, string> left, int all)
    {
        string? first = null;
        foreach ((string name, string reason) in left)
        {
            first ??= $"{name}: {reason}";
            plan.Notes.Skip($"library {name}", reason);
        }

        if (first is not null)
        {
            plan.Notes.Warn(left.Count == all
                ? $"no {platform} library of this host would load in the container ({first})"
                : $"{left.Count} of {all} {platform} libraries of this host would not load in the container and are left out ({first})");
        }
    }

    private static void AddFile(Injection injection, LibrarySearch search, InjectedFile file)
    {
        if (injection.Container.Search is { } container && search.Read(file.Source) is { IsDynamic: true } program
            && new LoadCheck(container, broughtFirst: false).Obstacle(program, new Dictionary<string, ElfFile>()) is { } reason)
        {
            injection.Plan.Notes.Skip($"program {file.Source}", reason);
        }
        else
        {
            injection.Files.Add(file);
        }
    }

    private static void Tell(PlanContext plan, string text, bool asked)
    {
        if (asked)
        {
            plan.Notes.Info(text);
        }
        else
        {
            plan.Notes.Verbose(text);
        }
    }
}
