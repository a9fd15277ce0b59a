using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Binds whose source is a file system in an image: it is mounted in the session, once, and bound from there.</summary>
internal sealed class ImageBinds(PlanContext plan)
{
    private readonly List<(string Path, long Offset, bool Write, string Session)> mounted = [];

    public void Add(BindSpecification bind)
    {
        using ImageFile image = ImageFile.Open(bind.Source);
        ImagePolicy.Require(plan.Configuration, plan.Host, image);
        RootPartition partition = DataPartition(image, bind);
        bool write = partition.FileSystem == PartitionFileSystem.Ext3 && !bind.ReadOnly && IsWritable(bind);
        string session = Mount(bind, image, partition, write);
        string inside = bind.ImageSource is null or "/" ? session : session + FileSystem.Clean(bind.ImageSource);
        plan.Steps.Add(new MountStep(
            $"Mounting directory: {bind.Destination}", bind.Why, inside, bind.Destination,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget
            | plan.BindFlags | (write ? 0 : MountFlags.ReadOnly))
        {
            Failures =
            [
                new(Errno.ENOTCONN, $"the image server of {bind.Source} ended: its file system is damaged", $"check it: e2fsck -f {bind.Source}, or build it again"),
                .. UserBinds.Failures(plan, bind),
            ],
        });
    }

    private bool IsWritable(BindSpecification bind)
    {
        if (plan.Host.IsAccessible(bind.Source, 2))
        {
            return true;
        }

        plan.Notes.Warn($"Image {bind.Source} is not writable, proceeding with read-only");
        return false;
    }

    /// <summary>Mounts a partition, or finds where it is. Who writes one has it alone, as any other process would.</summary>
    private string Mount(BindSpecification bind, ImageFile image, RootPartition partition, bool write)
    {
        foreach ((string path, long offset, bool writes, string there) in mounted)
        {
            if (path != bind.Source || offset != partition.Offset)
            {
                continue;
            }

            return !write && !writes ? there : throw new UserException(
                $"can't open {path} for {(write ? "writing" : "reading")}, currently in use{(writes ? " for writing" : "")} by another bind of this launch",
                "bind it once, and parts of it from inside; or add :ro to all its binds");
        }

        string session = string.Create(CultureInfo.InvariantCulture, $"bind{mounted.Count}");
        plan.Steps.Add(new DirectoryStep($"Creating directory for the image {bind.Source}", bind.Why, session, 0x1ED));
        ImageMountPlan.Add(plan, image, partition, session, write, "data partition");
        mounted.Add((bind.Source, partition.Offset, write, session));
        MoveBeforeRoot(plan.Steps, 2);
        return session;
    }

    /// <summary>
    /// Moves the last steps in front of the root's: a missing target is made there, and whether as a file or a directory is
    /// seen from the source, which must be mounted by then. And in front of all binds, behind the image: the setuid starter looks at images while nothing of the user's
    /// is mounted, and takes the first for the launch's.
    /// </summary>
    private static void MoveBeforeRoot(List<PlanStep> steps, int count)
    {
        List<PlanStep> moved = steps.GetRange(steps.Count - count, count);
        steps.RemoveRange(steps.Count - count, count);
        steps.InsertRange(steps.FindIndex(static step => step is RootStep or MountStep { Target: not "image" }), moved);
    }

    private static RootPartition DataPartition(ImageFile image, BindSpecification bind)
    {
        if (image.Kind == ImageKind.Sandbox)
        {
            throw new UserException($"{bind.Source} is a directory, not an image with partitions", "bind it without image-src= and id=");
        }

        if (image.Kind == ImageKind.Sif)
        {
            return image.DataPartition(bind.PartitionId)
                ?? throw new UserException(
                    $"{bind.Source} has no data partition{(bind.PartitionId is null ? "" : $" with number {bind.PartitionId}")}",
                    bind.PartitionId is null ? "leave out image-src=, or name an image with data" : "give another number with id=, or leave id= out for the first");
        }

        return bind.PartitionId is > 1
            ? throw new UserException($"{bind.Source} has one partition only", "leave out id=, or use id=1")
            : image.Root ?? throw new UserException($"{bind.Source} has no file system that can be mounted", "name an image with a squashfs or ext3 partition");
    }
}
