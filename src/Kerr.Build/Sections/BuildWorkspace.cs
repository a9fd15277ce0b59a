using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>The directory in which a build works; it goes with the build, however that ends.</summary>
/// <remarks>
/// Only its owner can enter it (S10). A build that is killed leaves it behind: the next one that works in the same place
/// finds its lock free and removes it.
/// </remarks>
public sealed class BuildWorkspace : IDisposable
{
    private const string Prefix = "kerr-build-", LockName = "lock";
    private const uint Private = 0x1C0;

    private readonly SafeFileHandle _lock;
    private bool _keep;

    /// <param name="parent">A directory that is there.</param>
    /// <exception cref="UserException">Nothing can be made there.</exception>
    public BuildWorkspace(string parent)
    {
        Sweep(parent);
        string random = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
        Path = $"{parent}/{Prefix}{CurrentProcess.Id}-{random}";
        try
        {
            FileSystem.MakeDirectory(Path, Private);
            _lock = FileCalls.Open($"{Path}/{LockName}", OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180);
            _ = WholeFileLock.TryTake(_lock, shared: false);
        }
        catch (LinuxException failure)
        {
            throw new UserException(
                $"cannot make a directory to build in: {failure.Message}",
                "name another place: export APPTAINER_TMPDIR=/large/directory", failure);
        }
    }

    public string Path { get; }

    /// <summary>Makes a directory in it.</summary>
    public string Directory(string name)
    {
        string path = $"{Path}/{name}";
        FileSystem.MakeDirectory(path, Private);
        return path;
    }

    /// <summary>Leaves it where it is, for somebody to look at.</summary>
    public void Keep() => _keep = true;

    public void Dispose()
    {
        if (!_keep)
        {
            try
            {
                TreeRemoval.Remove(Path);
            }
            catch (LinuxException)
            {
                // What is left is named by the next build that cannot remove it either.
            }
        }

        _lock.Dispose();
    }

    /// <summary>Removes what builds of this user left here that are not there any more.</summary>
    internal static void Sweep(string parent)
    {
        if (!FileCalls.TryOpen(parent, OpenFlags.O_DIRECTORY, out SafeFileHandle directory, out _))
        {
            return;
        }

        List<string> names;
        using (directory)
        {
            names = DirectoryCalls.List(directory);
        }

        foreach (string name in names)
        {
            string path = $"{parent}/{name}";
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)
                || FileSystem.TryStat(path, follow: false) is not { IsDirectory: true } status || status.Uid != CurrentProcess.EffectiveUserId
                || !FileCalls.TryOpen($"{path}/{LockName}", OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, out SafeFileHandle file, out _))
            {
                continue;
            }

            using (file)
            {
                if (WholeFileLock.TryTake(file, shared: false))
                {
                    try
                    {
                        TreeRemoval.Remove(path);
                    }
                    catch (LinuxException)
                    {
                        // A build in another id map made files that are not ours here.
                    }
                }
            }
        }
    }
}
