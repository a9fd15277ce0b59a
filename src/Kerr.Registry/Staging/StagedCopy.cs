using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Registry.Staging;

/// <summary>A copy of an image on the node.</summary>
/// <param name="Place">Its directory.</param>
/// <param name="File">Device and inode of the copy.</param>
/// <param name="UsedAt">When it was last asked for, in seconds since 1970.</param>
internal sealed record StagedCopy(string Place, long Size, (uint Major, uint Minor, ulong Inode) File, long UsedAt)
{
    /// <summary>Those in a directory that have been finished.</summary>
    internal static List<StagedCopy> Of(string directory)
    {
        var copies = new List<StagedCopy>();
        foreach (string key in Names(directory))
        {
            string place = $"{directory}/{key}";
            if (FileSystem.TryStat($"{place}/digest", follow: false) is not { } finished)
            {
                continue;
            }

            long used = FileSystem.TryStat($"{place}/used", follow: false)?.ModifiedAt ?? finished.ModifiedAt;
            foreach (string name in Names(place))
            {
                if (name is not ("digest" or "used") && FileSystem.TryStat($"{place}/{name}", follow: false) is { IsRegular: true } status)
                {
                    copies.Add(new StagedCopy(place, status.Size, (status.DeviceMajor, status.DeviceMinor, status.Inode), used));
                }
            }
        }

        return copies;
    }

    /// <summary>Device and inode of every file that a process has open which we may look at: image servers and loop devices among them.</summary>
    internal static HashSet<(uint, uint, ulong)> OpenFiles()
    {
        var open = new HashSet<(uint, uint, ulong)>();
        foreach (string process in Names("/proc"))
        {
            string directory = $"/proc/{process}/fd";
            foreach (string number in char.IsAsciiDigit(process[0]) ? Names(directory) : [])
            {
                if (FileSystem.TryStat($"{directory}/{number}") is { IsRegular: true } status)
                {
                    open.Add((status.DeviceMajor, status.DeviceMinor, status.Inode));
                }
            }
        }

        return open;
    }

    /// <summary>Removes it at once for those who look, whatever happens then; false where it is not ours.</summary>
    internal bool Remove()
    {
        if (!FileCalls.Unlink($"{Place}/digest"))
        {
            return false;
        }

        try
        {
            TreeRemoval.Remove(Place);
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static List<string> Names(string directory)
    {
        if (!FileCalls.TryOpen(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle handle, out _))
        {
            handle.Dispose();
            return [];
        }

        using (handle)
        {
            try
            {
                return DirectoryCalls.List(handle);
            }
            catch (LinuxException)
            {
                return []; // a process that ended while we looked
            }
        }
    }
}
