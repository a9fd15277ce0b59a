using System;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Whether a launch is the setuid starter's. What it cannot do is done in a user namespace, and a line says which and why.</summary>
/// <remarks>The starter decides for itself what it allows; this is so that users get what works, and know why.</remarks>
internal static class SetuidMode
{
    private const uint SetUserId = 0x800, OthersWrite = 0x12;

    public static bool IsUsed(
        LaunchRequest request, SiteConfiguration configuration, ImageFile image, string path, IHostFacts host, Installation installation, PlanNotes notes)
    {
        if (host.Uid == 0 || host.InsideUserNamespace || request.InsideNamespace)
        {
            return false;
        }

        if (Reason(request, configuration, image, path, host, installation) is not { } why)
        {
            notes.Verbose("Using the setuid starter: without a user namespace");
            return true;
        }

        notes.Verbose($"Using a user namespace: {why}");
        return false;
    }

    /// <summary>Whether the plan needs servers that start before the host's namespaces are left.</summary>
    public static bool HasServers(LaunchPlan plan)
    {
        foreach (PlanStep step in plan.Steps)
        {
            if (step is FuseServerStep)
            {
                return true;
            }
        }

        return false;
    }

    public static bool LimitsImages(SiteConfiguration configuration)
        => configuration.LimitContainerOwners.Count + configuration.LimitContainerGroups.Count + configuration.LimitContainerPaths.Count > 0;

    /// <summary>Whether the starter lets the kernel mount an image: root alone can change it, and every directory that leads to it.</summary>
    public static bool KernelMay(SiteConfiguration configuration, string path, IHostFacts host)
    {
        bool allowed = configuration.AllowSetuidMountSquashfs switch
        {
            "yes" => true,
            "iflimited" => LimitsImages(configuration),
            _ => false,
        };
        if (!allowed || host.RealPath(path) is not { } real || !IsRoots(host, real))
        {
            return false;
        }

        for (int slash = real.LastIndexOf('/'); slash > 0; slash = real.LastIndexOf('/', slash - 1))
        {
            if (!IsRoots(host, real[..slash]))
            {
                return false;
            }
        }

        return IsRoots(host, "/");
    }

    private static bool IsRoots(IHostFacts host, string path)
        => host.Stat(path, follow: false) is { Uid: 0 } status && (status.Permissions & OthersWrite) == 0;

    private static string? Reason(
        LaunchRequest request, SiteConfiguration configuration, ImageFile image, string path, IHostFacts host, Installation installation)
    {
        if (request.UserNamespace)
        {
            return request.Why("userns");
        }

        if (host.Stat(installation.SetuidStarter) is not { } starter)
        {
            return "the setuid starter is not installed";
        }

        if (starter.Uid != 0 || (starter.Permissions & SetUserId) == 0)
        {
            return $"{installation.SetuidStarter} is not set-uid root";
        }

        return !configuration.AllowSetuid ? "configuration: allow setuid = no"
            : request.Fakeroot ? $"{request.Why("fakeroot")}: needs a user namespace"
            : request.FuseMounts.Count > 0 ? $"{request.Why("fusemount")}: needs a user namespace"
            : OtherIds(request) ? $"{request.Why("security")}: other ids need a user namespace"
            : ContainedRanks(request, configuration, host) is { } ranks ? $"contained ranks of {ranks.Text} have processes and memory together in one"
            : NeedsUserNamespace(request, image, path, host);
    }

    private static bool OtherIds(LaunchRequest request)
    {
        foreach (string option in request.Security)
        {
            if (option.StartsWith("uid:", StringComparison.Ordinal) || option.StartsWith("gid:", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The launch of which this is a rank that would be apart from the others here: MPI that copies from process to process would wait for ever. Where there are no user
    /// namespaces it has to be.
    /// </summary>
    private static ParallelLaunch? ContainedRanks(LaunchRequest request, SiteConfiguration configuration, IHostFacts host)
    {
        var isolation = Isolation.Of(request, configuration, host, new PlanNotes());
        return (isolation.Contain || isolation.Pid || isolation.Ipc) && configuration.AllowUserNs
            && host.ReadText("/proc/sys/user/max_user_namespaces")?.Trim() != "0" && host.ReadText("/proc/sys/kernel/unprivileged_userns_clone")?.Trim() != "0"
            ? ParallelLaunch.Of(request, configuration.ShareRanks, isolation, host, new PlanNotes()) : null;
    }

    /// <summary>The starter's overlay has only what it made itself, so layers that users keep are merged in a user namespace.</summary>
    private static string? NeedsUserNamespace(LaunchRequest request, ImageFile image, string path, IHostFacts host)
    {
        for (int i = 0; i < request.Overlays.Count; i++)
        {
            string overlay = request.Overlays[i];
            bool readOnly = overlay.EndsWith(":ro", StringComparison.Ordinal);
            string name = readOnly || overlay.EndsWith(":rw", StringComparison.Ordinal) ? overlay[..^3] : overlay;
            if (!Merges(FileSystem.Absolute(name, host.WorkingDirectory ?? "/"), readOnly, host))
            {
                return $"{request.Why("overlay")}: the setuid starter merges no layers of users";
            }
        }

        return request.Writable && image.Kind != ImageKind.Sandbox ? $"{request.Why("writable")}: {path} is written by a FUSE server" : null;
    }

    /// <summary>What is only read; squashfs always is.</summary>
    private static bool Merges(string path, bool readOnly, IHostFacts host)
    {
        if (host.Stat(path) is not { IsDirectory: false })
        {
            return readOnly; // a directory is read as the user
        }

        using ImageFile layer = ImageFile.Open(path);
        return layer.Kind == ImageKind.SquashFs || readOnly;
    }
}
