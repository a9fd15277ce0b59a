using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>How a partition of an image file is mounted: by the kernel for root, by a FUSE server for everybody else.</summary>
internal static class ImageMountPlan
{
    public static void Add(PlanContext plan, ImageFile image, RootPartition partition, string target, bool write, string what)
    {
        string path = image.Path;
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
        if (plan.Isolation.Mode == LaunchMode.Root || (plan.Isolation.Mode == LaunchMode.Setuid && !write && partition.FileSystem == PartitionFileSystem.SquashFs
            && SetuidMode.KernelMay(plan.Configuration, path, plan.Host)))
        {
            AddKernelMount(plan, image, partition, target, write, what);
        }
        else
        {
            AddFuseMount(plan, image, partition, target, write, what);
        }
    }

    /// <summary>The partition's lock: ext3 has one writer or many readers; what is never written needs none.</summary>
    private static PartitionRange? Lock(RootPartition partition)
        => partition.FileSystem == PartitionFileSystem.Ext3 ? new PartitionRange(partition.Offset, partition.Size) : null;

    private static void AddKernelMount(PlanContext plan, ImageFile image, RootPartition partition, string target, bool write, string what)
    {
        string path = image.Path, type = partition.FileSystem == PartitionFileSystem.SquashFs ? "squashfs" : "ext3";
        plan.Steps.Add(new MountImageStep(
            $"Mounting {what}: {path}", plan.Isolation.Mode == LaunchMode.Root ? "the caller is root: the kernel mounts it" : "root alone can change the image: the kernel mounts it",
            plan.Open(image, write, what, Lock(partition)), type,
            partition.Offset, partition.Size, target,
            (plan.BindFlags & ~MountFlags.Recursive) | (write ? 0 : MountFlags.ReadOnly), plan.Configuration.MaxLoopDevices)
        {
            Failures =
            [
                new(Errno.ENODEV, $"this kernel has no driver for {type}", $"load it: modprobe {type}"),
                new(Errno.EBUSY, "no loop device is free", "raise `max loop devices` in the configuration, or free some: losetup -D"),
                new(Errno.EROFS, $"the {what} of {path} was not closed cleanly, and to mend it it must be written", $"mend it: e2fsck -f {path}"),
                new(Errno.ENOENT, "there is no loop device", "load the driver: modprobe loop; or raise `max loop devices` in the configuration"),
                new(default, $"cannot mount the {what} of {path}", "check the image: it may be damaged"),
            ],
        });
    }

    private static void AddFuseMount(PlanContext plan, ImageFile image, RootPartition partition, string target, bool write, string what)
    {
        RequireFuse(plan, image.Path);
        if (partition.FileSystem == PartitionFileSystem.Ext3)
        {
            AddExt3Server(plan, image, partition, target, write, what);
        }
        else
        {
            AddImageServer(plan, image, partition, target, what);
        }
    }

    private static void AddExt3Server(PlanContext plan, ImageFile image, RootPartition partition, string target, bool write, string what)
    {
        string path = image.Path;
        plan.WrittenByServer = write ? path : plan.WrittenByServer;
        string server = plan.Host.FindProgram("fuse2fs", plan.SearchPath)
            ?? throw new UserException(
                $"the {what} of {path} is ext3 and needs fuse2fs, which is not installed", "install the package fuse2fs, or run as root");
        Descriptor file = plan.Open(image, write, what, Lock(partition));
        ulong index = AddServer(plan, index => new FuseServerStep(
            $"Starting image server: {server}", "the kernel mounts ext3 only for root", file, index,
            [server, "-f", "-o", Ext3Options(partition, write), "{image}", "/dev/fuse"])
        {
            Library = Library(plan),
            Failures = [new(default, "cannot start the image server")],
        });
        AddMount(plan, path, target, write, what, index, FuseOptions(plan) + (plan.Isolation.Mode == LaunchMode.Fakeroot ? ",default_permissions" : ""));
    }

    private static void AddImageServer(PlanContext plan, ImageFile image, RootPartition partition, string target, string what)
    {
        Descriptor file = plan.Open(image, write: false, what, locked: null);
        List<string> command = ServerCommand(plan, partition);
        ulong index = AddServer(plan, index => new FuseServerStep(
            $"Starting image server: {image.Path}", "the kernel mounts squashfs only for root", file, index, command)
        {
            Confined = true,
            ShareKey = string.Join(' ', command),
            Failures = [new(default, "cannot start the image server")],
        });
        AddMount(plan, image.Path, target, write: false, what, index, FuseOptions(plan) + ",default_permissions");
    }

    private static void AddMount(PlanContext plan, string path, string target, bool write, string what, ulong index, string options)
        => plan.Steps.Add(new MountFuseStep(
            $"Mounting {what}: {path}", "served by FUSE", options,
            target, (plan.BindFlags & ~MountFlags.Recursive) | (write ? 0 : MountFlags.ReadOnly), index)
        {
            Failures = [new(default, $"cannot mount the {what} of {path} by FUSE")],
        });

    /// <summary>Puts a server in front of all other steps, behind the servers that are there: it starts outside of the namespaces.</summary>
    internal static ulong AddServer(PlanContext plan, Func<ulong, FuseServerStep> server)
    {
        ulong index = 0;
        foreach (PlanStep step in plan.Steps)
        {
            index += step is FuseServerStep ? 1u : 0u;
        }

        plan.Steps.Insert((int)index, server(index));
        return index;
    }

    /// <summary>
    /// Keeps a process of the launch until what a server writes is whole. The payload's end unmounts the image, but then its server
    /// still has to write; who sees the launch end may copy the image, or a batch system may kill what is left of the job.
    /// </summary>
    internal static void AddWaiting(PlanContext plan)
    {
        if (plan.WrittenByServer is not { } path)
        {
            return;
        }

        if (plan.Isolation.Mode == LaunchMode.Setuid)
        {
            plan.Notes.Skip($"waiting for {path} to be written", "in setuid mode the launch is one process");
        }
        else
        {
            int servers = plan.Steps.FindLastIndex(static step => step is FuseServerStep) + 1;
            plan.Steps.Insert(servers, new ForkStep($"Forking the launch: a process waits for {path} to be written", "a FUSE server writes", AppInit: false)
            {
                Outside = true,
                Failures = [NamespacePlan.NoProcess, new(default, "cannot start a process")],
            });
        }
    }

    /// <summary>What is preloaded into servers of other people; src/Kerr.Starter/fuse-servers.c says why.</summary>
    internal static Descriptor Library(PlanContext plan)
        => plan.Open(plan.Installation.LibexecDir + "/fuse-servers.so", "a library for FUSE servers");

    /// <summary>The options of a FUSE mount whose files everybody inside may reach.</summary>
    internal static string FuseOptions(PlanContext plan) => string.Create(
        CultureInfo.InvariantCulture, $"rootmode=40755,user_id={plan.Isolation.InsideUid},group_id={plan.Isolation.InsideGid},allow_other");

    /// <summary>
    /// `fakeroot`: the file is the caller's own to read or write, byte by byte; modes and owners in it, which are often root's, are
    /// no hindrance. Where several ids are mapped the kernel looks at them (default_permissions).
    /// </summary>
    private static string Ext3Options(RootPartition partition, bool write)
        => (write ? "rw,fakeroot" : "ro,fakeroot") + (partition.Offset == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",offset={partition.Offset}"));

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

    internal static void RequireFuse(PlanContext plan, string path)
    {
        // A directory that is an overlay cannot be unpacked.
        string unpack = plan.Host.Stat(path) is { IsDirectory: true } ? "" : $"; or unpack the image: kerr build --sandbox DIRECTORY {path}";
        if (plan.Host.Stat("/dev/fuse") is null)
        {
            throw new UserException(
                $"image {path} cannot be mounted: this host has no /dev/fuse",
                "load the driver as root: modprobe fuse" + unpack);
        }

        if (plan.Isolation.Mode != LaunchMode.Setuid && !plan.Host.IsAccessible("/dev/fuse", 6))
        {
            throw new UserException(
                $"image {path} cannot be mounted: /dev/fuse is closed to this user",
                "ask the administrator to open it: chmod 0666 /dev/fuse" + unpack);
        }
    }
}
