using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Launch;

/// <summary>Who has an image, for those who cannot have it now. A writer leaves this in an extended attribute of the image.</summary>
/// <remarks>The attribute counts only while a writer's lock is there, who wrote it; what an earlier one left is never looked at.</remarks>
/// <param name="Started">The start time of the process in clock ticks since boot; with the number it names one process.</param>
/// <param name="Since">Seconds since 1970.</param>
internal sealed record LockHolder(string Host, int Pid, ulong Started, uint Uid, long Since)
{
    private const string Attribute = "user.kerr.writer";
    private const int Longest = 512;

    public bool IsHere => Host == HostName();

    public bool IsThisProcess => IsHere && Pid == CurrentProcess.Id;

    /// <summary>Whether the launch is over. A process that cannot be seen (of another user under hidepid) may be there.</summary>
    public bool HasEnded => IsHere && (StartOf(Pid) is { } started ? started != Started : Uid == CurrentProcess.Uid || CurrentProcess.Uid == 0);

    public static void Record(SafeFileHandle file)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{HostName()} {CurrentProcess.Id} {StartOf(CurrentProcess.Id) ?? 0} {CurrentProcess.Uid} {DateTimeOffset.UtcNow.ToUnixTimeSeconds()}");
        _ = FileCalls.TrySetAttribute(file, Attribute, Encoding.Latin1.GetBytes(text)); // without it the message says less
    }

    public static LockHolder? Recorded(SafeFileHandle file)
        => FileCalls.TryGetAttribute(file, Attribute, Longest) is { } bytes ? Parse(Encoding.Latin1.GetString(bytes)) : null;

    internal static LockHolder? Parse(string text)
    {
        string[] fields = text.Split(' ');
        return fields.Length == 5 && IsName(fields[0])
            && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            && ulong.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong started)
            && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint uid)
            && long.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out long since)
            && since <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? new LockHolder(fields[0], pid, started, uid, since)
            : null;
    }

    /// <summary>A process on this host that has the file open and locked, as far as the caller may see: readers leave no attribute.</summary>
    public static LockHolder? Find(SafeFileHandle file)
    {
        FileStatus wanted = FileCalls.Status(file);
        foreach (string process in Names("/proc"))
        {
            if (!int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == CurrentProcess.Id)
            {
                continue;
            }

            foreach (string number in Names($"/proc/{process}/fd"))
            {
                if (FileSystem.TryStat($"/proc/{process}/fd/{number}") is { } status
                    && status.Identity == wanted.Identity
                    && SmallFile.TryRead($"/proc/{process}/fdinfo/{number}", 1 << 16) is { } information
                    && Encoding.Latin1.GetString(information).Contains("\nlock:", StringComparison.Ordinal))
                {
                    return new LockHolder(HostName(), pid, StartOf(pid) ?? 0, FileSystem.TryStat($"/proc/{process}")?.Uid ?? 0, StartSeconds(pid));
                }
            }
        }

        return null;
    }

    public string Describe()
    {
        if (IsThisProcess)
        {
            return "this launch itself";
        }

        string user = UserDatabase.FindUser(Uid)?.Name ?? Uid.ToString(CultureInfo.InvariantCulture);
        string since = DateTimeOffset.FromUnixTimeSeconds(Since).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"process {Pid} of user {user} on host {Host} since {since} UTC{(HasEnded ? ", which has ended but left a process behind" : "")}");
    }

    private static string HostName()
    {
        string name = SmallFile.TryRead("/proc/sys/kernel/hostname", Longest) is { } bytes ? ByteText.FromNative(bytes).TrimEnd('\n') : "";
        return IsName(name) ? name : "unknown";
    }

    // It goes into messages, and whoever may write the image may write it.
    private static bool IsName(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
            {
                return false;
            }
        }

        return text.Length is > 0 and <= 255;
    }

    /// <summary>Field 22 of /proc/PID/stat; null when there is no such process, or it cannot be seen.</summary>
    private static ulong? StartOf(int pid)
    {
        if (SmallFile.TryRead($"/proc/{pid}/stat", 4096) is not { } bytes)
        {
            return null;
        }

        // The second field is a name in brackets that may hold anything.
        string text = Encoding.Latin1.GetString(bytes);
        string[] fields = text[(text.LastIndexOf(')') + 1)..].Split(' ');
        bool dead = fields.Length > 1 && fields[1] is "Z" or "X";
        return !dead && fields.Length > 20 && ulong.TryParse(fields[20], NumberStyles.None, CultureInfo.InvariantCulture, out ulong start) ? start : null;
    }

    private static long StartSeconds(int pid)
    {
        const int TicksPerSecond = 100; // USER_HZ, whatever the kernel was built with
        string uptime = SmallFile.TryRead("/proc/uptime", 256) is { } bytes ? Encoding.Latin1.GetString(bytes).Split('.')[0] : "";
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return StartOf(pid) is { } start && long.TryParse(uptime, NumberStyles.None, CultureInfo.InvariantCulture, out long up)
            ? now - up + (long)(start / TicksPerSecond)
            : now;
    }

    private static List<string> Names(string path)
    {
        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, out SafeFileHandle directory, out _))
        {
            directory.Dispose();
            return [];
        }

        using (directory)
        {
            try
            {
                return DirectoryCalls.List(directory);
            }
            catch (LinuxException)
            {
                return [];  // the process ended meanwhile
            }
        }
    }
}
