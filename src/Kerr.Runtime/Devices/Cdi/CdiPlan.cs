using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices.Cdi;

/// <summary><c>--device</c>: devices by their CDI names, with all that their descriptions change.</summary>
internal static class CdiPlan
{
    public static void Add(Injection injection)
    {
        PlanContext plan = injection.Plan;
        LaunchRequest request = plan.Request;
        if (request.Devices.Count == 0)
        {
            return;
        }

        string why = request.Why("device");
        var directories = new List<string>();
        foreach (string directory in request.CdiDirectories.Count > 0 ? request.CdiDirectories : CdiRegistry.UsualDirectories)
        {
            directories.Add(FileSystem.Absolute(directory, plan.Host.WorkingDirectory ?? "/"));
        }

        CdiRegistry registry = CdiRegistry.Read(plan.Host, directories);
        foreach ((string path, string reason) in registry.Damaged)
        {
            plan.Notes.Verbose($"CDI description {path} is passed over: {reason}");
        }

        var edits = new List<(CdiEdits Edits, string Why)>();
        var used = new HashSet<CdiDescription>();
        foreach (string name in request.Devices)
        {
            CdiDevice device = Origin.Blaming(why, () => registry.Find(name));
            if (used.Add(device.Description))
            {
                edits.Add((device.Description.Always, $"{why}: {device.Description.Path}"));
            }

            edits.Add((device.Edits, $"{why} {name}: {device.Description.Path}"));
        }

        HashSet<string> left = LeftOut(injection, edits);
        foreach ((CdiEdits edit, string reason) in edits)
        {
            Apply(injection, edit, left, reason);
        }

        new CdiHookEffects(injection).Make(edits);
    }

    private static void Apply(Injection injection, CdiEdits edits, HashSet<string> left, string why)
    {
        injection.Environment.AddRange(edits.Environment);
        foreach (CdiNode node in edits.Nodes)
        {
            if (!injection.Devices.Exists(device => device.Path == node.Path))
            {
                injection.Devices.Add(new InjectedDevice(node.HostPath, node.Path, why));
            }
        }

        foreach (CdiMount mount in edits.Mounts)
        {
            if (!left.Contains(mount.HostPath) && !injection.Files.Exists(file => file.Target == mount.ContainerPath))
            {
                injection.Files.Add(new InjectedFile(mount.HostPath, mount.ContainerPath, mount.ReadOnly, why, Required: true));
            }
        }
    }

    /// <summary>The libraries of descriptions that would not load in the container; the user is told.</summary>
    private static HashSet<string> LeftOut(Injection injection, List<(CdiEdits Edits, string Why)> edits)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        if (injection.Container.Search is not { } container)
        {
            return files;
        }

        var host = new LibrarySearch(injection.Plan.Host.Files, Architecture.Host);
        var brought = new Dictionary<string, ElfFile>(StringComparer.Ordinal);
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((CdiEdits edit, _) in edits)
        {
            foreach (CdiMount mount in edit.Mounts)
            {
                // Descriptions bring libraries for 32 bits along; nobody loads those by mistake.
                string name = mount.HostPath[(mount.HostPath.LastIndexOf('/') + 1)..];
                if (AcceleratorList.IsLibrary(name) && host.Read(mount.HostPath) is { IsDynamic: true } library && library.Architecture == container.Architecture)
                {
                    name = library.SoName ?? name;
                    brought[name] = library;
                    paths[name] = mount.HostPath;
                }
            }
        }

        int all = brought.Count;
        SortedDictionary<string, string> left = injection.Container.Exclude(brought, broughtFirst: false);
        AcceleratorFiles.LeftOut(injection.Plan, "CDI", left, all);
        foreach (string name in left.Keys)
        {
            files.Add(paths[name]);
        }

        return files;
    }
}
