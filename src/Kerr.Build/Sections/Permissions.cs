using System.Threading;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary><c>--fix-perms</c>: the owner can read and write everything, and enter every directory.</summary>
internal static class Permissions
{
    private const int ReadWrite = 0x180, All = 0x1C0;

    internal static void Fix(string directory, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (FileSystem.TryStat(directory, follow: false) is not { IsDirectory: true } status)
        {
            return;
        }

        if ((status.Permissions & All) != All)
        {
            TreeCopy.SetMode(directory, (uint)status.Permissions | All);
        }

        using SafeFileHandle handle = FileCalls.Open(directory, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
        foreach (string name in DirectoryCalls.List(handle))
        {
            string path = $"{directory}/{name}";
            if (FileSystem.TryStat(path, follow: false) is not { } entry)
            {
                continue;
            }

            if (entry.IsDirectory)
            {
                Fix(path, cancel);
            }
            else if (entry.IsRegular && (entry.Permissions & ReadWrite) != ReadWrite)
            {
                TreeCopy.SetMode(path, (uint)entry.Permissions | ReadWrite);
            }
        }
    }
}
