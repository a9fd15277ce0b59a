using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Runtime.Environment;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary>A device of the host that the container gets.</summary>
/// <param name="Path">Where it is inside.</param>
internal readonly record struct InjectedDevice(string Source, string Path, string Why);

/// <summary>A library of the host, by the name that programs ask for.</summary>
internal readonly record struct InjectedLibrary(string Name, string Source, string Why);

/// <summary>A file or directory of the host at a place inside.</summary>
/// <param name="Required">Its absence ends the launch.</param>
internal readonly record struct InjectedFile(string Source, string Target, bool ReadOnly, string Why, bool Required = false);

/// <summary>A second name of something inside, as a link would be one.</summary>
internal readonly record struct InjectedLink(string Target, string Link, string Why);

/// <summary>What a launch takes from the host for accelerators and MPI, decided once; several parts of the plan look at it.</summary>
internal sealed class Injection(PlanContext plan)
{
    private ContainerLibraries? _container;

    public PlanContext Plan { get; } = plan;

    public List<InjectedDevice> Devices { get; } = [];

    /// <summary>Files that the user names for <c>/.singularity.d/libs</c>.</summary>
    public IReadOnlyList<string> Named { get; private set; } = plan.Request.ContainLibs;

    /// <summary>For <c>/.singularity.d/libs</c>, which is searched after the container's own directories.</summary>
    public List<InjectedLibrary> Libraries { get; } = [];

    /// <summary>For <c>/.singularity.d/libs32</c>: the same names, for programs of 32 bits.</summary>
    public List<InjectedLibrary> Libraries32 { get; } = [];

    /// <summary>For the directory that is searched before all others.</summary>
    public List<InjectedLibrary> FirstLibraries { get; } = [];

    public List<InjectedFile> Files { get; } = [];

    public List<InjectedLink> Links { get; } = [];

    /// <summary>Variables that win over the image's, and lose against those that the user gave.</summary>
    public List<EnvironmentVariable> Environment { get; } = [];

    /// <summary>Variables of the host that go in with another value.</summary>
    public List<EnvironmentVariable> Replaced { get; } = [];

    /// <summary>Directories inside whose libraries the loader must find by itself.</summary>
    public List<string> LoaderDirectories { get; } = [];

    /// <summary>The loader's cache with what was added; null when it stays as it is.</summary>
    public LoaderCache? LoaderCache { get; set; }

    /// <summary>Directories to search first where the loader's cache cannot be renewed.</summary>
    public List<string> FirstDirectories { get; } = [];

    public ContainerLibraries Container => _container ??= ContainerLibraries.Of(Plan);

    /// <summary>Whether libraries of 32 bits are wanted besides those of 64.</summary>
    public bool With32 => Plan.Request.Compat32 || HostDevices.Lists(HostDevices.Variable(Plan.Host, "NVIDIA_DRIVER_CAPABILITIES"), "compat32");

    /// <summary>All that the options and the configuration ask for.</summary>
    public static Injection Decide(PlanContext plan)
    {
        var injection = new Injection(plan);
        NvidiaPlan.Add(injection);
        RocmPlan.Add(injection);
        if (plan.Request.Compat32 && !NvidiaPlan.IsWanted(plan, out _) && !RocmPlan.IsWanted(plan))
        {
            plan.Notes.Warn("Ignoring --compat32, it requires a GPU option such as --nv or --rocm");
        }

        GaudiPlan.Add(injection);
        Cdi.CdiPlan.Add(injection);
        Mpi.MpiPlan.Add(injection);
        if (!plan.Configuration.UserBindControl)
        {
            injection.KeepToDevices();
        }

        return injection;
    }

    /// <summary>
    /// Where users may bind nothing, libraries, programs and files of the host are not bound for them either, as under the peers; devices stay, which /dev has.
    /// </summary>
    private void KeepToDevices()
    {
        const string Why = "user bind control is disabled by the administrator";
        if (Named.Count + Libraries.Count + Libraries32.Count > 0)
        {
            Plan.Notes.SkipLoudly("libraries of the host", Why);
        }

        if (Files.Count > 0)
        {
            Plan.Notes.SkipLoudly("programs and files of the host", Why);
        }

        Named = [];
        Libraries.Clear();
        Libraries32.Clear();
        Files.Clear();
        Links.Clear();
        FirstDirectories.Clear();
        LoaderCache = null;
    }
}
