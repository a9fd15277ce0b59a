using System;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Assembly;

/// <summary>The time that an image bears: not that of its making, so that the same content gives the same bytes.</summary>
internal static class NewestTime
{
    private const int DeepestDirectory = 256;

    /// <summary>SOURCE_DATE_EPOCH where it is set, else the last change of anything in the directory; seconds since 1970.</summary>
    /// <remarks>https://reproducible-builds.org/specs/source-date-epoch/</remarks>
    internal static long Of(SafeFileHandle directory)
    {
        // squashfs has 32 bits for it, without sign.
        return Asked() ?? Math.Clamp(Below(directory, FileCalls.Status(directory).ModifiedAt, 0), 0, uint.MaxValue);
    }

    /// <summary>SOURCE_DATE_EPOCH; null where it is not set.</summary>
    internal static long? Asked()
    {
        string? given = EnvironmentBlock.Get(EnvironmentBlock.Read(), "SOURCE_DATE_EPOCH");
        return string.IsNullOrEmpty(given) ? null
            : uint.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out uint time) ? time
            : throw new UserException($"SOURCE_DATE_EPOCH is {given}, not a number of seconds up to {uint.MaxValue}", "unset SOURCE_DATE_EPOCH");
    }

    private static long Below(SafeFileHandle place, long newest, int depth)
    {
        if (depth == DeepestDirectory || !FileCalls.TryOpenAt(place, ".", OpenFlags.O_DIRECTORY, out SafeFileHandle directory, out _))
        {
            // What cannot be read is mksquashfs's to complain about.
            return newest;
        }

        using (directory)
        {
            foreach (string name in DirectoryCalls.List(directory))
            {
                if (!FileCalls.TryStatusAt(directory, name, out FileStatus status, out _))
                {
                    continue;
                }

                newest = Math.Max(newest, status.ModifiedAt);
                const OpenFlags Flags = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW;
                if (status.Kind == FileKind.Directory && FileCalls.TryOpenAt(directory, name, Flags, out SafeFileHandle child, out _))
                {
                    using (child)
                    {
                        newest = Below(child, newest, depth + 1);
                    }
                }
            }
        }

        return newest;
    }
}
