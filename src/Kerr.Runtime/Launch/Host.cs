using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Image.Sandbox;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Runtime.Launch;

/// <summary>The host we run on, asked as late as possible: a launch pays only for what its plan needs.</summary>
public sealed class Host(IReadOnlyList<string> environment) : IHostFacts
{
    private const int Limit = 16 << 20;

    private readonly Lazy<UserEntry?> user = new(() => UserDatabase.FindUser(CurrentProcess.Uid), isThreadSafe: false);
    private IReadOnlyList<uint>? groups;
    private SandboxTree? files;
    private string? workingDirectory;
    private bool workingDirectoryKnown;

    public uint Uid { get; } = CurrentProcess.Uid;

    public uint Gid { get; } = CurrentProcess.Gid;

    public IReadOnlyList<uint> Groups => groups ??= CurrentProcess.Groups();

    public UserEntry? User => user.Value;

    public IReadOnlyList<string> Environment => environment;

    public string? WorkingDirectory
    {
        get
        {
            if (!workingDirectoryKnown)
            {
                workingDirectory = FileSystem.WorkingDirectory();
                workingDirectoryKnown = true;
            }

            return workingDirectory;
        }
    }

    public bool InsideUserNamespace
    {
        get
        {
            // The initial user namespace maps every id to itself.
            string? map = ReadText("/proc/self/uid_map");
            return map is not null && map.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is not ["0", "0", "4294967295"];
        }
    }

    public IReadOnlyList<GroupEntry> GroupNames()
    {
        var gids = new List<uint> { Gid };
        foreach (uint gid in Groups)
        {
            if (!gids.Contains(gid))
            {
                gids.Add(gid);
            }
        }

        return UserDatabase.FindGroups(gids);
    }

    public FileStatus? Stat(string path, bool follow = true) => FileSystem.TryStat(path, follow);

    public string? ReadLink(string path) => FileSystem.ReadLink(path);

    public string? RealPath(string path) => FileSystem.RealPath(path);

    public bool IsAccessible(string path, int mode) => FileSystem.IsAccessible(path, mode);

    public long FileSystemType(string path) => FileSystem.TypeOf(path);

    public string? ReadText(string path)
        => (path.StartsWith("/proc/", StringComparison.Ordinal) ? SmallFile.TryReadKernelText(path, Limit)
            : SmallFile.TryRead(path, Limit) is { } bytes ? ByteText.FromNative(bytes) : null)?.TrimEnd('\n');

    public IImageTree Files => files ??= new SandboxTree(FileCalls.Open("/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));

    public string? Output(string program, IReadOnlyList<string> arguments)
    {
        try
        {
            return ChildProcess.Run(program, arguments, environment) is { Succeeded: true } result ? result.Output : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    public bool IsTerminal(int descriptor) => CurrentProcess.IsTerminal(descriptor);

    public string? FindProgram(string name, string searchPath)
    {
        foreach (string directory in searchPath.Split(':'))
        {
            if (directory.StartsWith('/') && FileSystem.IsAccessible($"{directory}/{name}", 1)
                && FileSystem.TryStat($"{directory}/{name}") is { IsRegular: true })
            {
                return $"{directory}/{name}";
            }
        }

        return null;
    }

    public uint? FindUser(string name) => UserDatabase.FindUser(name)?.Uid;

    public uint? FindGroup(string name) => UserDatabase.FindGroup(name);

    public IReadOnlyList<string> MountPoints()
    {
        var points = new List<string>();
        foreach (string line in (ReadText("/proc/self/mountinfo") ?? "").Split('\n'))
        {
            string[] fields = line.Split(' ', 6);
            if (fields.Length == 6)
            {
                points.Add(Unescape(fields[4]));
            }
        }

        return points;
    }

    public (uint First, uint Count)? SubordinateRange(string file)
    {
        string uid = Uid.ToString(CultureInfo.InvariantCulture);
        foreach (string line in (ReadText(file) ?? "").Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 3 && (fields[0] == uid || fields[0] == User?.Name)
                && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
                && count > 0 && first <= uint.MaxValue - count)      // 4294967295 is no id
            {
                return (first, count);
            }
        }

        return null;
    }

    // mountinfo writes blanks, tabs, newlines and backslashes as \ooo.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new System.Text.StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
