using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>
/// Layers over the image: overlay partitions of the image itself, `--overlay` directories and images, and the throw-away layer
/// of `--writable-tmpfs`. A writable one keeps its changes in `upper`, beside `work`.
/// </summary>
internal static class OverlayPlan
{
    /// <summary>Overlay partitions in the image's own file, lowest first.</summary>
    public static IReadOnlyList<RootPartition> Embedded(PlanContext plan) => plan.Image.File.Partitions(SifPartitionType.Overlay);

    public static RootStep AddLayers(PlanContext plan, RootStep step)
    {
        LaunchRequest request = plan.Request;
        if (request.Overlays.Count > 0 && request.Writable)
        {
            throw new UserException("cannot use --overlay in conjunction with --writable", "leave out one of them");
        }

        if (plan.Isolation.WritableTmpfs && request.Writable)
        {
            throw new UserException("cannot use --writable-tmpfs in conjunction with --writable", "leave out one of them");
        }

        var layers = new Layers(plan);
        layers.AddEmbedded();
        foreach (string overlay in request.Overlays)
        {
            bool readOnly = overlay.EndsWith(":ro", StringComparison.Ordinal);
            string path = readOnly || overlay.EndsWith(":rw", StringComparison.Ordinal) ? overlay[..^3] : overlay;
            layers.Add(FileSystem.Absolute(path, plan.Host.WorkingDirectory ?? "/"), readOnly);
        }

        if (plan.Isolation.WritableTmpfs)
        {
            layers.AddThrowAway();
        }

        return layers.Finish(step);
    }

    /// <summary>The layers as they pile up; the last is on top.</summary>
    private sealed class Layers(PlanContext plan)
    {
        private readonly List<string> lower = [];
        private readonly List<MountStep> bound = []; // behind all images, which the setuid starter mounts first
        private string? upper;
        private string? writable;
        private bool byServer;
        private int count;

        /// <summary>With `--writable` the topmost ext3 partition takes the changes; all else is read.</summary>
        public void AddEmbedded()
        {
            IReadOnlyList<RootPartition> partitions = Embedded(plan);
            int written = -1;
            for (int i = 0; plan.Request.Writable && i < partitions.Count; i++)
            {
                written = partitions[i].FileSystem == PartitionFileSystem.Ext3 ? i : written;
            }

            for (int i = 0; i < partitions.Count; i++)
            {
                AddPartition(plan.Image.File, partitions[i], i == written, i == written ? plan.Request.Why("writable") : "the image has an overlay partition");
            }
        }

        public void Add(string path, bool readOnly)
        {
            if (plan.Host.Stat(path) is not { } status)
            {
                throw new UserException($"overlay {path} does not exist", $"make it: mkdir {path}; or an image: kerr overlay create {path}");
            }

            bool write = !readOnly;
            if (write && !plan.Host.IsAccessible(path, 2))
            {
                plan.Notes.Warn($"Overlay image {path} is not writable, proceeding with read-only");
                write = false;
            }

            if (status.IsDirectory)
            {
                ImagePolicy.Require(plan.Configuration, plan.Host, new ImageFile(path, ImageKind.Sandbox, null));
                AddDirectory(path, write);
                return;
            }

            using ImageFile image = ImageFile.Open(path);
            ImagePolicy.Require(plan.Configuration, plan.Host, image);
            if (image.Kind == ImageKind.Sif)
            {
                AddSif(image, write);
            }
            else
            {
                RootPartition partition = image.Root
                    ?? throw new UserException($"{path}: overlay image with unknown format", "use a directory, an ext3 or a squashfs image");
                AddPartition(image, partition, write && partition.FileSystem == PartitionFileSystem.Ext3, plan.Request.Why("overlay"));
            }
        }

        public void AddThrowAway()
        {
            string why = plan.Request.Why(plan.Request.Compat ? "compat" : "writable-tmpfs");
            upper = "tmpfs";
            foreach (string directory in (ReadOnlySpan<string>)["", "/upper", "/work"])
            {
                plan.Steps.Add(new DirectoryStep("Creating the throw-away layer" + directory.Replace("/", ": ", StringComparison.Ordinal), why, "tmpfs" + directory, 0x1ED));
            }
        }

        public RootStep Finish(RootStep step)
        {
            plan.Steps.AddRange(bound);
            if (upper is null)
            {
                return step with { Layers = lower };
            }

            step = step with
            {
                Layers = lower,
                Upper = upper + "/upper",
                Work = upper + "/work",
                Flags = step.Flags | RootFlags.Writable,
            };
            return byServer ? ByServer(step) : step;
        }

        private void AddSif(ImageFile image, bool write)
        {
            List<RootPartition> partitions = image.Partitions(SifPartitionType.Overlay);
            int written = partitions.FindLastIndex(partition => write && partition.FileSystem == PartitionFileSystem.Ext3);
            if (partitions.Count == 0)
            {
                throw new UserException(
                    $"no SIF {(write ? "writable " : "")}overlay partition found in {image.Path}", $"add one: kerr overlay create {image.Path}; or use a directory or an ext3 image");
            }

            for (int i = 0; i < partitions.Count; i++)
            {
                AddPartition(image, partitions[i], i == written, plan.Request.Why("overlay"));
            }
        }

        private void AddDirectory(string path, bool write)
        {
            string target = Target(path, plan.Request.Why("overlay"));

            plan.Steps.Add(new MountStep(
                $"Mounting overlay: {path}", plan.Request.Why("overlay"), path, target, MountFlags.SourceOnHost | plan.BindFlags | (write ? 0 : MountFlags.ReadOnly))
            {
                Failures = [new(default, $"cannot mount the overlay {path}")],
            });
            if (write)
            {
                byServer = plan.Configuration.EnableOverlay == "driver" || KernelOverlay.RefusesUpper(plan.Host.FileSystemType(path));
                Write(path, target, plan.Request.Why("overlay"));
            }
            else
            {
                lower.Insert(0, target);
                if (plan.Host.Stat(path + "/upper") is { IsDirectory: true })
                {
                    BindUpper(path, target, plan.Request.Why("overlay"), plan.BindFlags);
                }
            }
        }

        /// <summary>Read, an overlay counts from its upper directory on, as a writable one leaves it; one without that as a whole.</summary>
        private void BindUpper(string path, string target, string why, ulong flags)
            => bound.Add(new MountStep(
                $"Mounting overlay: {path}: upper", why, target + "/upper", target, MountFlags.SourceInSession | flags | MountFlags.ReadOnly)
            {
                Failures =
                [
                    Damaged(path), new(Errno.ENOENT, $"overlay {path} is not usable: its upper is a link that leads out of it", "use another overlay, or put a directory there"),
                    new(default, $"cannot mount the overlay {path}"),
                ],
            });

        private void AddPartition(ImageFile image, RootPartition partition, bool write, string why)
        {
            string path = image.Path, target = Target(path, why);
            ImageMountPlan.Add(plan, image, partition, target, write, "overlay");
            if (write)
            {
                byServer = plan.Isolation.Mode != LaunchMode.Root || plan.Configuration.EnableOverlay == "driver";
                Write(path, target, why);
                return;
            }

            lower.Insert(0, target);
            if (partition.FileSystem == PartitionFileSystem.Ext3)
            {
                BindUpper(path, target, why, MountFlags.SkipMissingSource | (plan.BindFlags & ~MountFlags.Recursive));
            }
        }

        private string Target(string path, string why)
        {
            string target = $"overlay{count++}";
            plan.Steps.Add(new DirectoryStep($"Creating directory for the overlay {path}", why, target, 0x1ED));
            return target;
        }

        private void Write(string path, string target, string why)
        {
            if (writable is not null)
            {
                throw new UserException(
                    $"you can't specify more than one writable overlay, {path} contains a writable overlay, requires to use '--overlay {path}:ro'");
            }

            if (plan.Isolation.WritableTmpfs)
            {
                throw new UserException(
                    $"you can't specify --writable-tmpfs with another writable overlay image ({path})", $"use --overlay {path}:ro");
            }

            writable = path;
            upper = target;
            foreach (string directory in (ReadOnlySpan<string>)["/upper", "/work"])
            {
                plan.Steps.Add(new DirectoryStep($"Creating directory of the overlay {path}", why, target + directory, 0x1ED)
                {
                    Failures =
                    [
                        new(Errno.ENOTDIR, $"overlay {path} is not usable: its upper or work is no directory", $"use another overlay, or remove upper and work from it"),
                        new(Errno.ELOOP, $"overlay {path} is not usable: its upper or work is a symlink", $"use another overlay, or remove upper and work from it"),
                        new(Errno.ENOSPC, $"overlay {path} is full", "delete something in it, or use a larger one: kerr overlay create --size MIB"),
                        new(Errno.EACCES, $"overlay {path} cannot be written: what is in it belongs to another user", $"add --fakeroot if that is root, or make an overlay of your own: kerr overlay create IMAGE"),
                        Damaged(path),
                        new(default, $"cannot prepare the overlay {path}"),
                    ],
                });
            }
        }

        /// <summary>
        /// The merge by fuse-overlayfs: an overlay of the kernel writes neither on FUSE nor on network file systems. The server finds
        /// the session on /sys.
        /// </summary>
        private RootStep ByServer(RootStep step)
        {
            string server = plan.Host.FindProgram("fuse-overlayfs", plan.SearchPath)
                ?? throw new UserException(
                    $"writing the overlay {writable} needs fuse-overlayfs, which is not installed",
                    $"install the package fuse-overlayfs, use a directory on a local disk, or only read it: --overlay {writable}:ro");
            ImageMountPlan.RequireFuse(plan, writable!);
            string layers = "/sys/.skeleton";
            foreach (string layer in lower)
            {
                layers += ":/sys/" + layer;
            }

            // noacl: asked for the access lists of a layer that has none it answers EOPNOTSUPP, and the kernel passes that on to execve.
            ulong index = ImageMountPlan.AddServer(plan, index => new FuseServerStep(
                $"Starting overlay server: {server}", "the kernel's overlay does not write there", null, index,
                [server, "-f", "-o", $"noacl,lowerdir={layers}:/sys/image,upperdir=/sys/{step.Upper},workdir=/sys/{step.Work}", "{fuse}"])
            {
                Library = ImageMountPlan.Library(plan),
                Failures = [new(default, "cannot start the overlay server")],
            });
            return step with
            {
                Server = (index, ImageMountPlan.FuseOptions(plan) + ",default_permissions"),
                Flags = step.Flags | RootFlags.FuseOverlay,
                Failures =
                [
                    new(Errno.EIO, $"the server of the overlay {writable} cannot reach its layers", "this needs a host whose root is not an initramfs; use a directory as overlay"),
                    new(Errno.ENOTCONN, $"fuse-overlayfs refused the overlay {writable}", $"look into it: kerr exec --overlay {writable}:ro IMAGE ls -la /"),
                    .. step.Failures,
                ],
            };
        }

        private static Failure Damaged(string path)
            => new(Errno.ENOTCONN, $"the server of the overlay {path} ended: its file system is damaged", $"mend it: e2fsck -f {path}");
    }
}
