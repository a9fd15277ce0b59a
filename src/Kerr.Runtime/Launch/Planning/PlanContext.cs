using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Devices;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The inputs of planning, and the lists that the parts of the planner fill.</summary>
internal sealed class PlanContext(
    LaunchRequest request, SiteConfiguration configuration, ImageFacts image, IHostFacts host, Installation installation,
    PlanNotes notes, Isolation isolation)
{
    private readonly ParallelLaunch? ranks = ParallelLaunch.Of(request, configuration.ShareRanks, isolation, host, notes);
    private bool? appArmorRestricts;
    private IReadOnlyList<BindSpecification>? binds;
    private Injection? injection;

    public LaunchRequest Request { get; } = request;

    public SiteConfiguration Configuration { get; } = configuration;

    public ImageFacts Image { get; } = image;

    public IHostFacts Host { get; } = host;

    public Installation Installation { get; } = installation;

    public PlanNotes Notes { get; } = notes;

    public List<PlanStep> Steps { get; } = [];

    public List<Descriptor> Descriptors { get; } = [];

    /// <summary>The user's FUSE programs inside, to be started when the root is entered.</summary>
    public List<FuseProgramStep> FusePrograms { get; } = [];

    public List<HostDirectory> HostDirectories { get; } = [];

    public Isolation Isolation { get; } = isolation;

    /// <summary>The binds that the user asked for, in the order asked; parsed once, since several parts look at them.</summary>
    public IReadOnlyList<BindSpecification> Binds => binds ??= UserBinds.Parse(Request, Host);

    /// <summary>The parallel launch of which this is a rank that shares with the others; null for none.</summary>
    public ParallelLaunch? Ranks => ranks;

    /// <summary>What comes from the host for accelerators and MPI; decided once.</summary>
    public Injection Injection => injection ??= Injection.Decide(this);

    /// <summary>What a FUSE server writes into; null when none does. Then the launch ends no sooner than the server.</summary>
    public string? WrittenByServer { get; set; }

    /// <summary>Where the payload's home is inside, and what stands there; null without one.</summary>
    public HomePlan Home { get; set; } = HomePlan.None;

    /// <summary>Whether AppArmor hands out user namespaces without capabilities; asked once.</summary>
    public bool AppArmorRestricts => appArmorRestricts ??= UserNamespaceFailures.AppArmorRestricts(Host);

    /// <summary>A file of the host that is only read.</summary>
    public Descriptor Open(string path, string why) => Known(path, write: false) ?? Add(new Descriptor(path, write: false, why));

    /// <summary>An image, the very file that was looked into.</summary>
    /// <param name="locked">A partition that is to be locked; such a descriptor is shared with nobody, so that a second use in one launch is refused, too.</param>
    public Descriptor Open(ImageFile image, bool write, string why, PartitionRange? locked)
    {
        if (locked is null && Known(image.Path, write) is { } known)
        {
            return known;
        }

        // A copy, since who looked may close the image before the launch. Where there is no descriptor left, opening it by its path tells so.
        SafeFileHandle? seen = image.Handle is { } handle && FileCalls.TryDuplicate(handle, out SafeFileHandle copy, out _) ? copy : null;
        return Add(new Descriptor(image.Path, write, why, locked) { Seen = seen });
    }

    private Descriptor? Known(string path, bool write) => Descriptors.Find(known => known.Path == path && known.Write == write && known.Locked is null);

    private Descriptor Add(Descriptor descriptor)
    {
        Descriptors.Add(descriptor);
        return descriptor;
    }

    /// <summary>Where helper programs are looked for: `binary path`, its $PATH replaced by the caller's.</summary>
    public string SearchPath => SearchPathOf(Host, Configuration, Installation);

    internal static string SearchPathOf(IHostFacts host, SiteConfiguration configuration, Installation installation)
    {
        string path = "";
        foreach (string variable in host.Environment)
        {
            if (variable.StartsWith("PATH=", System.StringComparison.Ordinal))
            {
                path = variable[5..];
                break;
            }
        }

        return $"{installation.LibexecDir}:{configuration.BinaryPath.Replace("$PATH", path, System.StringComparison.Ordinal)}";
    }

    /// <summary>The option that took the host out of sight.</summary>
    public string WhyContained
        => Request.Why(Request.Contain ? "contain" : Request.ContainAll ? "containall" : "compat");

    /// <summary>nosuid is left out only for root, outside a user namespace, who asked for it.</summary>
    public ulong BindFlags =>
        Plan.MountFlags.NoDev | Plan.MountFlags.Recursive
        | (Request.AllowSetuid && Isolation.Mode == LaunchMode.Root ? 0 : Plan.MountFlags.NoSuid);
}
