using System;
using System.Diagnostics;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch;

/// <summary>
/// One writer or many readers per ext3 partition, by a lock on its bytes as Apptainer takes it. It belongs to the open file, which
/// the image's FUSE server or the loop device keeps: it ends with the mount, however the launch ends.
/// </summary>
internal static class PartitionLock
{
    // A launch is over when its payload ends; its server then still writes what it held back.
    private static readonly TimeSpan s_finishing = TimeSpan.FromSeconds(20), s_reading = TimeSpan.FromSeconds(1);

    /// <exception cref="UserException">Somebody else has the partition; the message names them.</exception>
    public static void Take(SafeFileHandle file, Descriptor descriptor, PartitionRange range)
    {
        long began = Stopwatch.GetTimestamp();
        for (int pause = 1; ; pause = Math.Min(2 * pause, 50))
        {
            if (FileLock.TryTake(file, range.Offset, range.Size, descriptor.Write, out Errno errno))
            {
                if (descriptor.Write)
                {
                    LockHolder.Record(file);
                }

                return;
            }

            if (errno != Errno.EAGAIN)
            {
                RequireNone(descriptor, errno);
                return;
            }

            bool? byWriter = FileLock.HeldByWriter(file, range.Offset, range.Size, descriptor.Write);
            LockHolder? holder = byWriter == true ? LockHolder.Recorded(file) : null;
            TimeSpan patience = byWriter == false ? s_reading : holder is { HasEnded: false } ? TimeSpan.Zero : s_finishing;
            if (byWriter is not null && Stopwatch.GetElapsedTime(began) >= patience)
            {
                throw InUse(descriptor, holder ?? LockHolder.Find(file));
            }

            Thread.Sleep(pause);
        }
    }

    internal static UserException InUse(Descriptor descriptor, LockHolder? holder)
    {
        string who = holder is null ? "another process, which cannot be seen from here (of another user or host, or a mount of root)" : holder.Describe();
        return new UserException(
            descriptor.Write
                ? $"can't open {descriptor.Path} for writing, currently in use by {who}"
                : $"can't open {descriptor.Path} for reading, currently in use for writing by {who}",
            holder switch
            {
                null => $"wait until it has ended; on this host root sees it with: losetup -j {descriptor.Path}; fuser -v {descriptor.Path}",
                { IsThisProcess: true } => "name each image once: with one of --overlay, --bind and as the container",
                { IsHere: true } => $"wait until it has ended, or look at it: ps -fp {holder.Pid}",
                _ => $"wait until it has ended, or look at it on {holder.Host}: ps -fp {holder.Pid}",
            });
    }

    /// <summary>Where nothing can be locked nobody may write, so that a reader is safe.</summary>
    private static void RequireNone(Descriptor descriptor, Errno errno)
    {
        if (descriptor.Write)
        {
            throw new UserException(
                $"cannot write {descriptor.Path}: its file system does not lock files ({errno.Text()}), so two launches could write it at once",
                "copy it to a local disk, or only read it: --overlay IMAGE:ro");
        }
    }
}
