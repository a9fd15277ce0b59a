using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Layers over the image: `--overlay` directories and images, and the throw-away layer of `--writable-tmpfs`.</summary>
internal static class OverlayPlan
{
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

        var layers = new List<string>();
        string? upper = null, work = null, writableOverlay = null;
        for (int i = 0; i < request.Overlays.Count; i++)
        {
            (string path, bool readOnly) = Parse(plan, request.Overlays[i]);
            string target = $"overlay{i}";
            plan.Steps.Add(new DirectoryStep($"Creating directory for the overlay {path}", request.Why("overlay"), target, 0x1ED));
            bool writable = AddLayer(plan, path, target, ref readOnly) && !readOnly;
            if (writable)
            {
                if (writableOverlay is not null)
                {
                    throw new UserException(
                        $"you can't specify more than one writable overlay, {path} contains a writable overlay, requires to use '--overlay {path}:ro'");
                }

                if (plan.Isolation.WritableTmpfs)
                {
                    throw new UserException(
                        $"you can't specify --writable-tmpfs with another writable overlay image ({path})", $"use --overlay {path}:ro");
                }

                writableOverlay = path;
                upper = target + "/upper";
                work = target + "/work";
                AddWritable(plan, path, upper, work);
            }
            else
            {
                layers.Insert(0, target);
            }
        }

        if (plan.Isolation.WritableTmpfs)
        {
            upper = "tmpfs/upper";
            work = "tmpfs/work";
            string why = request.Why(request.Compat ? "compat" : "writable-tmpfs");
            plan.Steps.Add(new DirectoryStep("Creating the throw-away layer", why, "tmpfs", 0x1ED));
            plan.Steps.Add(new DirectoryStep("Creating the throw-away layer: upper", why, upper, 0x1ED));
            plan.Steps.Add(new DirectoryStep("Creating the throw-away layer: work", why, work, 0x1ED));
        }

        return step with
        {
            Layers = layers,
            Upper = upper,
            Work = work,
            Flags = step.Flags | (upper is null ? 0 : RootFlags.Writable),
        };
    }

    private static (string Path, bool ReadOnly) Parse(PlanContext plan, string text)
    {
        bool readOnly = text.EndsWith(":ro", StringComparison.Ordinal);
        string path = readOnly ? text[..^3] : text.EndsWith(":rw", StringComparison.Ordinal) ? text[..^3] : text;
        return (FileSystem.Absolute(path, plan.Host.WorkingDirectory ?? "/"), readOnly);
    }

    /// <summary>Mounts one overlay in the session; false when it can only be read.</summary>
    private static bool AddLayer(PlanContext plan, string path, string target, ref bool readOnly)
    {
        if (plan.Host.Stat(path) is not { } status)
        {
            throw new UserException($"overlay {path} does not exist", $"make it: mkdir {path}");
        }

        if (status.IsDirectory)
        {
            if (!readOnly && !plan.Host.IsAccessible(path, 2))
            {
                plan.Notes.Warn($"Overlay image {path} is not writable, proceeding with read-only");
                readOnly = true;
            }

            // A read-only directory overlay counts from its upper directory on, as a writable one leaves it.
            string source = readOnly && plan.Host.Stat(path + "/upper") is { IsDirectory: true } ? path + "/upper" : path;
            plan.Steps.Add(new MountStep(
                $"Mounting overlay: {path}", plan.Request.Why("overlay"), source, target,
                MountFlags.SourceOnHost | plan.BindFlags | (readOnly ? MountFlags.ReadOnly : 0))
            {
                Failures = [new(default, $"cannot mount the overlay {path}")],
            });
            return true;
        }

        ImageFile image = ImageFile.Open(path);
        if (image.Kind == ImageKind.Sif)
        {
            throw new UserException($"no SIF writable overlay partition found in {path}", "use a directory or an ext3 image as overlay");
        }

        RootPartition partition = image.Root ?? throw new UserException($"{path}: overlay image with unknown format", "use a directory, an ext3 or a squashfs image");
        bool writes = partition.FileSystem == PartitionFileSystem.Ext3 && !readOnly;
        ImageMountPlan.Add(plan, path, partition, target, writes, "overlay");
        return partition.FileSystem == PartitionFileSystem.Ext3;
    }

    private static void AddWritable(PlanContext plan, string path, string upper, string work)
    {
        string why = plan.Request.Why("overlay");
        foreach (string directory in (ReadOnlySpan<string>)[upper, work])
        {
            plan.Steps.Add(new DirectoryStep($"Creating directory of the overlay {path}", why, directory, 0x1ED)
            {
                Failures =
                [
                    new(Errno.ENOTDIR, $"overlay {path} is not usable: its upper or work is no directory", $"use another directory, or remove {path}/upper and {path}/work"),
                    new(Errno.ELOOP, $"overlay {path} is not usable: its upper or work is a symlink", $"use another directory, or remove {path}/upper and {path}/work"),
                    new(default, $"cannot prepare the overlay {path}"),
                ],
            });
        }
    }
}
