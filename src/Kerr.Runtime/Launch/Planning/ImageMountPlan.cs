using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>How a partition of an image file is mounted: by the kernel for root, by a FUSE server for everybody else.</summary>
internal static class ImageMountPlan
{
    public static void Add(PlanContext plan, string path, RootPartition partition, string target, bool write, string what)
    {
        if (partition.FileSystem is not (PartitionFileSystem.SquashFs or PartitionFileSystem.Ext3))
        {
            throw new UserException(
                $"the {what} of {path} is {partition.FileSystem}, which cannot be mounted yet", "use an image with a squashfs partition");
        }

        if (partition.FileSystem == PartitionFileSystem.SquashFs && write)
        {
            throw new UserException(
                $"image {path} cannot be written: squashfs is read-only",
                "use --writable-tmpfs for changes that may be lost, or --overlay DIR to keep them");
        }

        // Descriptors and servers must be there before the namespaces are left, so these steps go to the front.
        if (plan.Isolation.Mode == LaunchMode.Root)
        {
            AddKernelMount(plan, path, partition, target, write, what);
        }
        else
        {
            AddFuseMount(plan, path, partition, target, write, what);
        }
    }

    private static void AddKernelMount(PlanContext plan, string path, RootPartition partition, string target, bool write, string what)
    {
        string type = partition.FileSystem == PartitionFileSystem.SquashFs ? "squashfs" : "ext3";
        plan.Steps.Add(new MountImageStep(
            $"Mounting {what}: {path}", "the caller is root: the kernel mounts it", plan.Open(path, write, what), type,
            partition.Offset, partition.Size, target,
            (plan.BindFlags & ~MountFlags.Recursive) | (write ? 0 : MountFlags.ReadOnly), plan.Configuration.MaxLoopDevices)
        {
            Failures =
            [
                new(Errno.ENODEV, $"this kernel has no driver for {type}", $"load it: modprobe {type}"),
                new(Errno.EBUSY, "no loop device is free", "raise `max loop devices` in the configuration, or free some: losetup -D"),
                new(Errno.ENOENT, "there is no loop device", "load the driver: modprobe loop; or raise `max loop devices` in the configuration"),
                new(default, $"cannot mount the {what} of {path}", "check the image: it may be damaged"),
            ],
        });
    }

    private static void AddFuseMount(PlanContext plan, string path, RootPartition partition, string target, bool write, string what)
    {
        if (partition.FileSystem == PartitionFileSystem.Ext3)
        {
            throw new UserException(
                $"the {what} of {path} is ext3, which only root can mount yet",
                "convert it: make a directory of its files and use that, or run as root");
        }

        RequireFuse(plan, path);
        string uid = plan.Isolation.InsideUid.ToString(CultureInfo.InvariantCulture);
        string gid = plan.Isolation.InsideGid.ToString(CultureInfo.InvariantCulture);
        ulong index = 0;
        foreach (PlanStep step in plan.Steps)
        {
            index += step is FuseServerStep ? 1u : 0u;
        }

        Descriptor image = plan.Open(path, write, what);
        plan.Steps.Insert((int)index, new FuseServerStep(
            $"Starting image server: {path}", "the kernel mounts squashfs only for root", image, index, ServerCommand(plan, partition))
        {
            Confined = true,
            Failures = [new(default, "cannot start the image server")],
        });
        plan.Steps.Add(new MountFuseStep(
            $"Mounting {what}: {path}", "served by FUSE", $"rootmode=40755,user_id={uid},group_id={gid},allow_other,default_permissions",
            target, (plan.BindFlags & ~MountFlags.Recursive) | MountFlags.ReadOnly, index)
        {
            Failures = [new(default, $"cannot mount the {what} of {path} by FUSE")],
        });
    }

    /// <summary>Files are the caller's own, as the peers show them; with a map of ids, those of the image as far as they are mapped.</summary>
    private static List<string> ServerCommand(PlanContext plan, RootPartition partition)
    {
        var command = new List<string>
        {
            plan.Installation.LibexecDir + "/kerr-image-server", "fuse={fuse}", "image={image}",
            string.Create(CultureInfo.InvariantCulture, $"offset={partition.Offset}"),
            string.Create(CultureInfo.InvariantCulture, $"length={partition.Size}"),
            string.Create(CultureInfo.InvariantCulture, $"cache={plan.Configuration.ImageServerCache << 20}"),
        };
        if (plan.Isolation.Mode == LaunchMode.UserNamespace)
        {
            command.Add(string.Create(CultureInfo.InvariantCulture, $"uid={plan.Isolation.InsideUid}"));
            command.Add(string.Create(CultureInfo.InvariantCulture, $"gid={plan.Isolation.InsideGid}"));
        }

        return command;
    }

    private static void RequireFuse(PlanContext plan, string path)
    {
        if (plan.Host.Stat("/dev/fuse") is null)
        {
            throw new UserException(
                $"image {path} cannot be mounted: this host has no /dev/fuse",
                "load the driver as root (modprobe fuse), or unpack the image: unsquashfs");
        }

        if (!plan.Host.IsAccessible("/dev/fuse", 6))
        {
            throw new UserException(
                $"image {path} cannot be mounted: /dev/fuse is closed to this user",
                "ask the administrator to open it (chmod 0666 /dev/fuse), or unpack the image: unsquashfs");
        }
    }
}
