using Kerr.Image;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The session, the image's mount, the layers over it and the root made of them.</summary>
internal static class RootPlan
{
    public static void AddSession(PlanContext plan)
    {
        long size = plan.Configuration.SessiondirMaxSize;
        bool ramfs = plan.Configuration.MemoryFsType == "ramfs";
        bool limited = plan.Isolation.Mode != LaunchMode.Root && !ramfs;
        plan.Steps.Add(new SessionStep(
            "Mounting session directory",
            limited ? $"configuration: sessiondir max size = {size}" : ramfs ? "configuration: memory fs type = ramfs" : "the caller is root: no size limit",
            limited ? $"mode=0755,size={size}m" : "mode=0755",
            Private: !plan.Configuration.MountSlave)
        {
            Ramfs = ramfs,
            Failures = plan.Isolation.InUserNamespace
                ? UserNamespaceFailures.ForFirstMount(plan.AppArmorRestricts) : [new(default, "cannot mount the session directory")],
        });
    }

    /// <summary>Mounts the image at session path "image" and makes the root of it.</summary>
    public static void AddRoot(PlanContext plan)
    {
        plan.Steps.Add(new DirectoryStep("Creating directory for the image", "the image is mounted in the session", "image", 0x1ED));
        if (plan.Image.File.Kind == ImageKind.Sandbox)
        {
            bool writable = plan.Request.Writable;
            plan.Steps.Add(new MountStep(
                $"Mounting image: {plan.Image.Path}", "the image is a directory", plan.Image.Path, "image",
                MountFlags.SourceOnHost | plan.BindFlags | (writable ? 0 : MountFlags.ReadOnly))
            {
                Known = plan.Image.File.Directory,
                Failures =
                [
                    new(Errno.ESTALE, $"the image directory {plan.Image.Path} was replaced while the container started", "start it again"),
                    new(default, $"cannot mount the image directory {plan.Image.Path}"),
                ],
            });
        }
        else
        {
            // A SIF is written in its overlay partition; the root partition stays as it is.
            bool write = plan.Request.Writable && plan.Image.File.Kind != ImageKind.Sif;
            ImageMountPlan.Add(plan, plan.Image.File, plan.Image.File.RequireRoot(), "image", write, "root file system");
        }

        var step = new RootStep(RootText(plan), RootWhy(plan), Ways(plan))
        {
            Failures =
            [
                new(Errno.ENOTCONN, "the image server ended: the image is damaged", $"copy, pull or build it again: {plan.Image.Path}"),
                new(Errno.ENOSPC, "the session directory is full", "raise `sessiondir max size` in the configuration"),
                new(default, "cannot make the root of the container from the image"),
            ],
        };
        plan.Steps.Add(Origin.Blaming(plan.Request.Why("overlay"), () => OverlayPlan.AddLayers(plan, step)));
    }

    /// <summary>Whether anything but the image itself stands where missing bind targets can be made.</summary>
    public static bool HasLayer(PlanContext plan)
        => (Ways(plan) & (RootFlags.Overlay | RootFlags.Underlay)) != 0;

    /// <summary>What to say where a directory for a mount is not there: only an image that is used as it is can lack it, elsewhere it is made.</summary>
    public static Failure Lacks(PlanContext plan, string directory) => new(
        Errno.ENOENT, $"cannot mount {directory}: the image has no directory {directory}",
        plan.Request.Writable ? $"make it: mkdir {plan.Image.Path}{directory}" : "use an image that has it");

    private static ulong Ways(PlanContext plan)
    {
        LaunchRequest request = plan.Request;
        ulong common = MountFlagsOfRoot(plan);
        bool embedded = OverlayPlan.Embedded(plan).Count > 0;
        if (request.Writable && !embedded)
        {
            return RootFlags.Bind | RootFlags.Writable | common;
        }

        bool overlay = plan.Configuration.EnableOverlay != "no";
        if (plan.Isolation.WritableTmpfs || request.Overlays.Count > 0 || embedded)
        {
            return overlay
                ? RootFlags.Overlay | common
                : throw new UserException(
                    $"{(request.Overlays.Count > 0 ? "--overlay" : plan.Isolation.WritableTmpfs ? "--writable-tmpfs" : $"the overlay partition of {plan.Image.Path}")} needs 'enable overlay', which the administrator set to no",
                    "ask for `enable overlay = yes`, or use --writable with a directory image");
        }

        string underlay = plan.Configuration.EnableUnderlay;
        if (request.Underlay || underlay == "preferred")
        {
            return RootFlags.Underlay | common;
        }

        ulong ways = RootFlags.Bind | common;
        if (overlay)
        {
            string? incompatible = KernelOverlay.Refused(plan.Image.FileSystemType);
            if (incompatible is null)
            {
                ways |= RootFlags.Overlay;
            }
            else
            {
                plan.Notes.Skip("overlay", $"the image lies on {incompatible}, which overlay does not take");
            }
        }

        // A root put together by the user's half could be anything: where images are limited the setuid starter takes none.
        return underlay == "no" || (plan.Isolation.Mode == LaunchMode.Setuid && SetuidMode.LimitsImages(plan.Configuration)) ? ways : ways | RootFlags.Underlay;
    }

    private static ulong MountFlagsOfRoot(PlanContext plan)
        => RootFlags.NoDev
            | (plan.Request.AllowSetuid && plan.Isolation.Mode == LaunchMode.Root ? 0 : RootFlags.NoSuid)
            | (plan.Isolation.InUserNamespace ? RootFlags.UserXattr : 0);

    private static string RootText(PlanContext plan)
        => (Ways(plan) & RootFlags.Overlay) == 0 && plan.Request.Writable ? "Making the root: the image itself, writable" : "Making the root";

    private static string RootWhy(PlanContext plan)
        => plan.Request.Writable ? plan.Request.Why("writable")
            : plan.Isolation.WritableTmpfs ? plan.Request.Why(plan.Request.Compat ? "compat" : "writable-tmpfs")
            : plan.Request.Overlays.Count > 0 ? plan.Request.Why("overlay")
            : plan.Request.Underlay ? plan.Request.Why("underlay")
            : $"configuration: enable overlay = {plan.Configuration.EnableOverlay}, enable underlay = {plan.Configuration.EnableUnderlay}";
}
