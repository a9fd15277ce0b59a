using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;
using Kerr.Runtime.Devices;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Libraries, programs and devices of the host, as steps; what they are is decided in <see cref="Injection"/>.</summary>
internal static class InjectionPlan
{
    /// <summary>Where libraries of the host are inside, as under the peers: searched last.</summary>
    private const string Libraries = "/.singularity.d/libs";

    /// <summary>Where those are that come before the container's own.</summary>
    public const string FirstLibraries = Libraries + "/first";

    public static void Add(PlanContext plan)
    {
        AddLibraries(plan);
        AddLibraries32(plan);
        AddDevices(plan);
        AddFiles(plan);
        AddLinks(plan);
        AddLoaderCache(plan);
    }

    /// <summary>Devices for a small /dev.</summary>
    public static IEnumerable<InjectedDevice> SmallDevices(PlanContext plan)
    {
        foreach (InjectedDevice device in plan.Injection.Devices)
        {
            if (device.Path.StartsWith("/dev/", StringComparison.Ordinal))
            {
                Check(plan, device);
                yield return device;
            }
        }
    }

    private static void AddLibraries(PlanContext plan)
    {
        Injection injection = plan.Injection;
        if (injection.Named.Count + injection.Libraries.Count + injection.FirstLibraries.Count == 0)
        {
            return;
        }

        string why = injection.Named.Count > 0 ? plan.Request.Why("containlibs")
            : injection.Libraries.Count > 0 ? injection.Libraries[0].Why : injection.FirstLibraries[0].Why;
        plan.Steps.Add(new DirectoryStep("Creating directory for host libraries", why, "libs", 0x1ED));
        var names = new HashSet<string>(StringComparer.Ordinal);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string library in injection.Named)
        {
            string source = FileSystem.Absolute(library, plan.Host.WorkingDirectory ?? "/");
            if (plan.Host.Stat(source) is null)
            {
                plan.Notes.SkipLoudly($"library {source}", "it does not exist");
                continue;
            }

            Library(plan, "libs", new InjectedLibrary(source[(source.LastIndexOf('/') + 1)..], source, plan.Request.Why("containlibs")), names, files);
        }

        foreach (InjectedLibrary library in injection.Libraries)
        {
            Library(plan, "libs", library, names, files);
        }

        if (injection.FirstLibraries.Count > 0)
        {
            plan.Steps.Add(new DirectoryStep("Creating directory for host libraries", injection.FirstLibraries[0].Why, "libs/first", 0x1ED));
            names.Clear();
            files.Clear();
            foreach (InjectedLibrary library in injection.FirstLibraries)
            {
                Library(plan, "libs/first", library, names, files);
            }
        }

        plan.Steps.Add(new MountStep($"Mounting host libraries: {Libraries}", why, "libs", Libraries,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.Recursive
            | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.ReadOnly)
        {
            Failures = [new(default, "cannot mount the host libraries")],
        });
    }

    private static void AddLibraries32(PlanContext plan)
    {
        const string directory = "libs32", target = Libraries + "32";
        if (plan.Injection.Libraries32.Count == 0)
        {
            return;
        }

        string why = plan.Injection.Libraries32[0].Why;
        plan.Steps.Add(new DirectoryStep("Creating directory for host libraries of 32 bits", why, directory, 0x1ED));
        var names = new HashSet<string>(StringComparer.Ordinal);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (InjectedLibrary library in plan.Injection.Libraries32)
        {
            Library(plan, directory, library, names, files);
        }

        plan.Steps.Add(new MountStep($"Mounting host libraries: {target}", why, directory, target,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.Recursive
            | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.ReadOnly)
        {
            // Images have the other directory, not this one: with --writable it may be missing.
            Policy = FailurePolicy.Warn,
            Failures = [Lacks(plan, target), new(default, $"cannot mount {target}")],
        });
    }

    /// <summary>A file is bound once; its other names are links to it.</summary>
    private static void Library(PlanContext plan, string directory, InjectedLibrary library, HashSet<string> names, Dictionary<string, string> files)
    {
        if (!names.Add(library.Name))
        {
            return;
        }

        string file = plan.Host.RealPath(library.Source) ?? library.Source;
        if (files.TryGetValue(file, out string? first))
        {
            plan.Steps.Add(new SymlinkStep($"Creating link: {directory}/{library.Name}", library.Why, $"{directory}/{library.Name}", first));
            return;
        }

        files[file] = library.Name;
        plan.Steps.Add(new FileStep($"Creating file for library {library.Name}", library.Why, $"{directory}/{library.Name}", 0x1A4, ""));
        plan.Steps.Add(new MountStep($"Mounting library: {library.Source}", library.Why, library.Source, $"{directory}/{library.Name}",
            MountFlags.SourceOnHost | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.ReadOnly)
        {
            Failures = [new(default, $"cannot mount the library {library.Source}")],
        });
    }

    /// <summary>Devices that the whole /dev of the host does not show at their place already.</summary>
    private static void AddDevices(PlanContext plan)
    {
        bool mounted = DevicePlan.IsMounted(plan), minimal = DevicePlan.IsMinimal(plan);
        foreach (InjectedDevice device in plan.Injection.Devices)
        {
            bool below = device.Path.StartsWith("/dev/", StringComparison.Ordinal);
            if (below && !mounted)
            {
                plan.Notes.SkipLoudly($"device {device.Path}", "/dev is not mounted in this container");
                continue;
            }

            Check(plan, device);
            if ((below && minimal) || (below && device.Source == device.Path))
            {
                continue;       // it is there
            }

            plan.Steps.Add(new MountStep($"Mounting device: {device.Path}", device.Why, device.Source, device.Path,
                MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.NoSuid | MountFlags.Recursive)
            {
                Failures = [Lacks(plan, device.Path), new(default, $"cannot bind the device {device.Source} onto {device.Path}", below ? "add --contain: a device gets another name only in a /dev of its own" : null)],
            });
        }
    }

    private static void Check(PlanContext plan, InjectedDevice device)
    {
        if (plan.Host.Stat(device.Source) is null)
        {
            throw new UserException(
                $"device {device.Source} is not on this host ({device.Why})", "check the description, or start on a node that has the device");
        }
    }

    private static void AddFiles(PlanContext plan)
    {
        var files = new List<InjectedFile>(plan.Injection.Files);
        files.Sort(static (a, b) => string.CompareOrdinal(a.Target.Replace('/', '\x01'), b.Target.Replace('/', '\x01')));
        foreach (InjectedFile file in files)
        {
            if (file.Required && plan.Host.Stat(file.Source) is null)
            {
                throw new UserException($"{file.Source} is not on this host ({file.Why})", "check the description, or make it anew: nvidia-ctk cdi generate");
            }

            plan.Steps.Add(new MountStep($"Mounting file: {file.Target}", file.Why, file.Source, file.Target,
                MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.Recursive
                | MountFlags.NoSuid | MountFlags.NoDev | (file.ReadOnly ? MountFlags.ReadOnly : 0))
            {
                Policy = file.Required ? FailurePolicy.Fatal : FailurePolicy.Warn,
                Failures = [Lacks(plan, file.Target), new(default, $"cannot mount {file.Source} on {file.Target}")],
            });
        }
    }

    private static void AddLinks(PlanContext plan)
    {
        foreach (InjectedLink link in plan.Injection.Links)
        {
            InjectedFile? known = null;
            foreach (InjectedFile file in plan.Injection.Files)
            {
                known = file.Target == link.Target ? file : known;
            }

            plan.Steps.Add(new MountStep($"Mounting file: {link.Link}", $"{link.Why}: link to {link.Target}", known?.Source ?? link.Target, link.Link,
                (known is null ? MountFlags.SourceInRoot | MountFlags.SkipMissingSource : MountFlags.SourceOnHost) | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts
                | MountFlags.ReplaceSymlink | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.ReadOnly)
            {
                Policy = FailurePolicy.Warn,
                Failures = [Lacks(plan, link.Link), new(default, $"cannot show {link.Target} as {link.Link}")],
            });
        }
    }

    private static void AddLoaderCache(PlanContext plan)
    {
        if (plan.Injection.LoaderCache is not { } cache)
        {
            return;
        }

        const string path = "/etc/ld.so.cache";
        string why = plan.Request.Why("device");
        plan.Steps.Add(new FileStep($"Writing {path}", why, "ld.so.cache", 0x1A4, Encoding.Latin1.GetString(cache.Write())) { Summary = "the container's entries and those of the devices' libraries" });
        plan.Steps.Add(new MountStep($"Mounting file: {path}", why, "ld.so.cache", path,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.ReplaceSymlink
            | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.ReadOnly)
        {
            Policy = FailurePolicy.Warn,
            Failures = [Lacks(plan, path), new(default, $"cannot mount {path}")],
        });
    }

    private static Failure Lacks(PlanContext plan, string target) => new(
        Errno.ENOENT, $"cannot mount {target}: the container has no such place, and none can be made",
        plan.Request.Writable ? $"make it in the image: {plan.Image.Path}{target}" : "no layer is in use (overlay or underlay): ask the administrator");
}
