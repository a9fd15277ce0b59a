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
    private const uint OwnerOnly = 0x180;   // 0600

    /// <summary>Whether a path may be the directory of a temporary sandbox.</summary>
    public static bool IsName(string directory)
        => directory.StartsWith('/') && directory[(directory.LastIndexOf('/') + 1)..].StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <summary>Makes a directory and starts its keeper for this process; returns when both are there.</summary>
    internal static void Start(Installation installation, string directory)
    {
        // Two steps: the one that stays must not be a child of what this process becomes. It gets a descriptor of this process, which
        // may be killed before the first step has looked.
        using SafeFileHandle? launch = ProcessEnd.Watch(CurrentProcess.Id);
        ChildResult result = ChildProcess.Run(
            installation.BinDir + "/kerr", ["sandbox-keeper", directory, CurrentProcess.Id.ToString(CultureInfo.InvariantCulture)], [], launch);
        if (!result.Succeeded)
        {
            string said = result.Output.Replace("FATAL:   ", "", StringComparison.Ordinal).Trim();
            throw new UserException($"cannot make a temporary sandbox: {said}", "name another place for it: --tmpdir DIRECTORY, or TMPDIR");
        }
    }

    /// <summary>The first step: makes the directory, which the launch might not live to hand over, and starts the one that stays.</summary>
    /// <param name="launch">A descriptor of the launch; null before Linux 5.3.</param>
    public static void Detach(Installation installation, string directory, SafeFileHandle? launch, int pid)
    {
        TemporaryDirectory.Make(directory);
        try
        {
            ChildProcess.Detach(
                installation.BinDir + "/kerr", ["sandbox-keeper", directory, pid.ToString(CultureInfo.InvariantCulture), "stay"], launch);
        }
        catch
        {
            _ = TemporaryDirectory.Remove(directory);
            throw;
        }
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
        if (watched is null)
        {
            ProcessEnd.Wait(pid);
        }
        else
        {
            ProcessEnd.Wait(watched);
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
