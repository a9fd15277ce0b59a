using System;
using System.Collections.Generic;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>A directory of the caller's own that goes, with all in it, when it is disposed of.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <param name="parent">TMPDIR or the like.</param>
    /// <param name="prefix">What its name begins with.</param>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public TemporaryDirectory(string parent, string prefix)
    {
        Path = NewName(parent, prefix);
        Make(Path);
    }

    public string Path { get; }

    public void Dispose() => Remove(Path);

    /// <summary>A path that nothing has.</summary>
    public static string NewName(string parent, string prefix)
        => $"{(parent == "/" ? "" : parent)}/{prefix}{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12]}";

    /// <summary>Makes a directory that only the caller may enter; who calls has it removed.</summary>
    public static void Make(string path) => FileSystem.MakeDirectory(path, 0x1C0);

    /// <summary>
    /// Removes a directory and all in it, whatever modes the directories have; links are removed, not followed. What cannot be
    /// removed stays, and so do the directories above it.
    /// </summary>
    /// <returns>Whether nothing is left.</returns>
    public static bool Remove(string path)
    {
        const OpenFlags Place = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW;
        if (FileCalls.TryOpen(path, Place, out SafeFileHandle place, out Errno errno))
        {
            Empty(place);
        }

        place.Dispose();
        return errno == Errno.ENOENT || FileCalls.TryUnlink(LibC.AT_FDCWD, path, directory: true);
    }

    // Directories are kept in a list, not on the stack: an image may nest them as deep as it likes.
    private static void Empty(SafeFileHandle top)
    {
        var open = new Stack<(SafeFileHandle Place, string Name, Queue<string> Below)>();
        open.Push((top, "", Prepare(top)));
        while (open.TryPeek(out (SafeFileHandle Place, string Name, Queue<string> Below) here))
        {
            if (here.Below.TryDequeue(out string? name))
            {
                if (FileCalls.TryOpenAt(here.Place, name, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle below, out _))
                {
                    open.Push((below, name, Prepare(below)));
                }
                else
                {
                    below.Dispose();
                }

                continue;
            }

            _ = open.Pop();
            if (open.TryPeek(out (SafeFileHandle Place, string Name, Queue<string> Below) above))
            {
                here.Place.Dispose();
                _ = FileCalls.TryUnlink(FileCalls.Number(above.Place), here.Name, directory: true);
            }
        }
    }

    /// <summary>Removes the files of a directory; answers the names that are left, which are directories.</summary>
    private static Queue<string> Prepare(SafeFileHandle place)
    {
        const OpenFlags Listing = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
        var left = new Queue<string>();
        FileCalls.TrySetPermissions(place, 0x1C0);
        if (FileCalls.TryReopen(place, Listing, out SafeFileHandle directory, out _))
        {
            foreach (string name in DirectoryCalls.List(directory))
            {
                if (!FileCalls.TryUnlink(FileCalls.Number(directory), name, directory: false))
                {
                    left.Enqueue(name);
                }
            }
        }

        directory.Dispose();
        return left;
    }
}
