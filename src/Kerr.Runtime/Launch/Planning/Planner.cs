using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Plan;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Decides everything about a launch, from what was asked, the configuration, the image and the host.</summary>
/// <remarks>It changes nothing and needs no privilege: `kerr explain` prints what it returns.</remarks>
public static class Planner
{
    /// <exception cref="UserException">The request cannot be met.</exception>
    public static LaunchPlan Plan(
        LaunchRequest request, SiteConfiguration configuration, ImageFacts image, IHostFacts host, Installation installation)
    {
        try
        {
            return Decide(request, configuration, image, host, installation);
        }
        catch (UserException error) when (Origin.Blamed(request, error) is { } blamed)
        {
            throw blamed;
        }
    }

    private static LaunchPlan Decide(
        LaunchRequest request, SiteConfiguration configuration, ImageFacts image, IHostFacts host, Installation installation)
    {
        var notes = new PlanNotes();
        var plan = new PlanContext(request, configuration, image, host, installation, notes, Isolation.Of(request, configuration, host, notes, SetuidMode.IsUsed(request, configuration, image.File, image.Path, host, installation, notes)));
        Check(plan);

        plan.Home = HomePlan.Decide(plan);
        NamespacePlan.Add(plan);
        RootPlan.AddSession(plan);
        RootPlan.AddRoot(plan);
        DevicePlan.Add(plan);
        SitePlan.AddHostFileSystems(plan);
        SitePlan.AddBindPaths(plan);
        KernelMountPlan.Add(plan);
        int automatic = plan.Steps.Count;
        plan.Home.AddMount(plan);
        WorkDirectory.AddTemporary(plan);
        WorkDirectory.AddScratch(plan);
        ParentsFirst(plan.Steps, automatic);
        FilesPlan.Add(plan);
        UserBinds.Add(plan);
        SitePlan.AddWorkingDirectory(plan);
        Origin.Blaming(request.Why("fusemount"), () =>
        {
            FusePlan.AddUserMounts(plan);
            return plan;
        });
        plan.Steps.Add(new EnterStep("Entering the container root", "the host goes out of sight")
        {
            Failures = [new(default, "cannot enter the root of the container")],
        });
        ImageMountPlan.AddWaiting(plan);
        ProcessPlan.Add(plan);
        IReadOnlyList<Environment.EnvironmentChange> changes = PayloadPlan.Add(plan);

        SharePlan.Add(plan);
        if (!configuration.AuditLaunches)
        {
            notes.Skip("record of the launch", "configuration: audit launches = no");
        }

        return new LaunchPlan
        {
            Mode = plan.Isolation.Mode,
            Request = request,
            Steps = plan.Steps,
            Descriptors = plan.Descriptors,
            HostDirectories = plan.HostDirectories,
            Skipped = notes.Skipped,
            Notes = notes.Lines,
            EnvironmentChanges = changes,
            RecordedIn = configuration.AuditLaunches ? configuration.AuditSink : null,
        };
    }

    private static void Check(PlanContext plan)
    {
        LaunchRequest request = plan.Request;
        SiteConfiguration configuration = plan.Configuration;
        ImageFacts image = plan.Image;
        if (plan.Isolation.InUserNamespace && !configuration.AllowUserNs)
        {
            throw new UserException("user namespaces are not allowed here: the administrator set `allow user ns = no`", "ask the administrator") { DeniedBy = "allow user ns" };
        }

        if (image.File.Architecture is { } architecture && architecture != Architecture.Host && !Architecture.Runs(architecture, plan.Host))
        {
            throw new UserException(
                $"the image's architecture ({architecture}) could not run on the host's ({Architecture.Host})",
                $"get or build the image for {Architecture.Host}");
        }

        bool allowed = image.File.Kind switch
        {
            ImageKind.Sandbox => configuration.AllowContainerDir,
            ImageKind.Sif => configuration.AllowContainerSif,
            ImageKind.SquashFs => configuration.AllowContainerSquashfs,
            _ => configuration.AllowContainerExtfs,
        };
        if (!allowed && plan.Host.Uid != 0)
        {
            throw new UserException(
                $"the administrator does not allow {KindName(image.File.Kind)}: `allow container {KindDirective(image.File.Kind)} = no`",
                "use another format of the image, or ask the administrator")
            {
                DeniedBy = $"allow container {KindDirective(image.File.Kind)}",
            };
        }

        if (request.Writable && image.File.Kind == ImageKind.Sif && !HasWritableOverlay(plan))
        {
            throw new UserException(
                $"no SIF writable overlay partition found in {image.Path}",
                $"add one: kerr overlay create {image.Path}; or use --writable-tmpfs for changes that may be lost, or --overlay DIR to keep them");
        }

        if (request.Writable && !image.Writable)
        {
            throw new UserException($"image {image.Path} cannot be written by this user", "copy it to a place of your own, or use --writable-tmpfs");
        }

        if (plan.Isolation.Net && request.Network != "none")
        {
            throw request.Network is null && plan.Host.Uid != 0
                ? new UserException("--net alone needs a bridge network, which only root can make", "add --network none")
                : new UserException(
                    $"{request.Blame("network")}network {request.Network ?? "bridge"} is not supported by this version", "use --net --network none for a network of its own without a way out");
        }
    }

    private static string KindName(ImageKind kind) => kind switch
    {
        ImageKind.Sandbox => "directories as images",
        ImageKind.Sif => "SIF images",
        ImageKind.SquashFs => "squashfs images",
        _ => "ext3 images",
    };

    private static string KindDirective(ImageKind kind) => kind switch
    {
        ImageKind.Sandbox => "dir",
        ImageKind.Sif => "sif",
        ImageKind.SquashFs => "squashfs",
        _ => "extfs",
    };

    private static bool HasWritableOverlay(PlanContext plan)
    {
        foreach (RootPartition partition in OverlayPlan.Embedded(plan))
        {
            if (partition.FileSystem == PartitionFileSystem.Ext3)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Among the mounts made of their own accord a parent comes before what lies below it.</summary>
    private static void ParentsFirst(List<PlanStep> steps, int from)
    {
        for (int i = from; i < steps.Count; i++)
        {
            for (int j = i + 1; j < steps.Count; j++)
            {
                if (steps[i] is MountStep below && steps[j] is MountStep above && (above.Flags & below.Flags & MountFlags.TargetInRoot) != 0
                    && below.Target.StartsWith(above.Target + "/", StringComparison.Ordinal))
                {
                    // Directories that the mount needs were added just before it: move the lower one behind.
                    steps.Insert(j + 1, below);
                    steps.RemoveAt(i);
                    i--;
                    break;
                }
            }
        }
    }
}
