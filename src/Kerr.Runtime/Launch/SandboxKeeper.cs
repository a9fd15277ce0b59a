using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch;

/// <summary>
/// The process that removes a temporary sandbox when the launch that made it is over, however it ended. It is in a session of its own,
/// nobody's child, and holds a lock on the sandbox: where both were killed, the next launch that unpacks sees that nobody holds it.
/// </summary>
public static class SandboxKeeper
{
    internal const string NamePrefix = "kerr-sandbox-";
    private const string LockName = "/.keeper";

    /// <summary>Stands before the launch's process id in the first of the two steps.</summary>
    public const string Starting = "for:";

    private const uint OwnerOnly = 0x180;   // 0600

    /// <summary>Whether a path may be the directory of a temporary sandbox.</summary>
    public static bool IsName(string directory)
        => directory.StartsWith('/') && directory[(directory.LastIndexOf('/') + 1)..].StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <summary>Starts the keeper of a directory for this process; returns when it is there.</summary>
    internal static void Start(Installation installation, string directory)
    {
        // Two steps: the one that stays must not be a child of what this process becomes.
        ChildResult result = ChildProcess.Run(installation.BinDir + "/kerr", ["sandbox-keeper", directory, Starting + CurrentProcess.Id.ToString(CultureInfo.InvariantCulture)], []);
        if (!result.Succeeded)
        {
            throw new UserException($"cannot keep watch over {directory}: {result.Output.Trim()}", "raise the limit on processes: ulimit -u");
        }
    }

    /// <summary>The first step: starts the one that stays, for the process that started this one. That may have been killed meanwhile: then 0 stands for it.</summary>
    public static void Detach(Installation installation, string directory, int launch)
    {
        using SafeFileHandle? watched = ProcessEnd.Watch(launch);
        launch = CurrentProcess.ParentId == launch ? launch : 0;
        ChildProcess.Detach(
            installation.BinDir + "/kerr", ["sandbox-keeper", directory, launch.ToString(CultureInfo.InvariantCulture)], watched);
    }

    /// <summary>The one that stays: waits for the end of the launch, then removes the directory.</summary>
    /// <returns>Whether nothing is left.</returns>
    public static bool Keep(string directory, SafeFileHandle? watched, int pid)
    {
        // A batch system that ends a job asks all its processes first: the launch goes, and this one has to clean up after it.
        using PosixSignalRegistration term = Ignore(PosixSignal.SIGTERM), hangup = Ignore(PosixSignal.SIGHUP), interrupt = Ignore(PosixSignal.SIGINT);
        CurrentProcess.GoToRoot();
        const OpenFlags Lock = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW;
        using SafeFileHandle held = FileCalls.Open(directory + LockName, Lock, OwnerOnly);
        _ = FileLock.TryTake(held, 0, 0, write: true, out _);
        if (pid != 0 && watched is not null)
        {
            ProcessEnd.Wait(watched);
        }
        else if (pid != 0)
        {
            ProcessEnd.Wait(pid);
        }

        return Remove(directory);
    }

    /// <summary>Removes what keepers that were killed left in a directory for temporary files.</summary>
    internal static void Sweep(string parent)
    {
        if (!FileCalls.TryOpen(parent, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, out SafeFileHandle place, out _))
        {
            place.Dispose();
            return;
        }

        using (place)
        {
            foreach (string name in DirectoryCalls.List(place))
            {
                if (name.StartsWith(NamePrefix, StringComparison.Ordinal) && IsLeft($"{parent}/{name}"))
                {
                    _ = TemporaryDirectory.Remove($"{parent}/{name}");
                }
            }
        }
    }

    private static bool IsLeft(string directory)
    {
        if (FileSystem.TryStat(directory, follow: false) is not { IsDirectory: true } status || status.Uid != CurrentProcess.EffectiveUserId)
        {
            return false;
        }

        if (FileCalls.TryOpen(directory + LockName, OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, out SafeFileHandle file, out Errno errno))
        {
            using (file)
            {
                return FileLock.TryTake(file, 0, 0, write: true, out _);
            }
        }

        // No lock file: a keeper was killed while it removed, or is about to make it.
        file.Dispose();
        return errno == Errno.ENOENT && status.ModifiedAt < DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 600;
    }

    private static bool Remove(string directory)
    {
        // unsquashfs may still be at it when the launch was killed; without its directory it ends.
        for (int round = 0; round < 600; round++)
        {
            if (TemporaryDirectory.Remove(directory))
            {
                return true;
            }

            Thread.Sleep(100);
        }

        return false;
    }

    private static PosixSignalRegistration Ignore(PosixSignal signal) => PosixSignalRegistration.Create(signal, static context => context.Cancel = true);
}
