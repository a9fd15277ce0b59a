using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Configuration;

/// <summary><c>/etc/subuid</c> or <c>/etc/subgid</c>: the ids that users may give to namespaces of theirs. Lines that are not changed stay as they are.</summary>
/// <remarks><c>subuid(5)</c>: <c>NAME:FIRST:COUNT</c>, the name being a number, too. A <c>!</c> before the name turns a line off.</remarks>
public sealed class SubordinateIdFile
{
    /// <summary>Ids of a range that is given out; what an image's owners need.</summary>
    public const uint Count = 65536;

    // From the top downwards, away from what useradd(8) gives out from the bottom.
    private const uint Highest = 4_294_836_224, Lowest = Count;
    private const int Largest = 16 << 20;
    private readonly string _path;
    private readonly List<string> _lines = [];

    private SubordinateIdFile(string path) => _path = path;

    /// <summary>Empty where there is no such file.</summary>
    public static SubordinateIdFile Load(string path)
    {
        var file = new SubordinateIdFile(path);
        string text = Encoding.Latin1.GetString(SmallFile.TryRead(path, Largest) ?? []);
        if (text.Length > 0)
        {
            file._lines.AddRange(text.TrimEnd('\n').Split('\n'));
        }

        return file;
    }

    private readonly record struct Range(string Name, bool Off, uint First, uint Count);

    /// <summary>The user has a line: true when it is in force, false when it is turned off, null without.</summary>
    public bool? State(UserEntry user)
    {
        bool? state = null;
        foreach (string line in _lines)
        {
            state = Parse(line) is { } range && IsOf(range, user) ? state is true || !range.Off : state;
        }

        return state;
    }

    /// <summary>A range that nobody has, in this file or another; null when all are taken.</summary>
    public static uint? Free(params ReadOnlySpan<SubordinateIdFile> files)
    {
        for (uint first = Highest; first >= Lowest; first -= Count)
        {
            bool taken = false;
            foreach (SubordinateIdFile file in files)
            {
                foreach (string line in file._lines)
                {
                    taken |= Parse(line) is { } range && range.First < (ulong)first + Count && first < (ulong)range.First + range.Count;
                }
            }

            if (!taken)
            {
                return first;
            }
        }

        return null;
    }

    public void Add(UserEntry user, uint first) => _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{user.Name}:{first}:{Count}"));

    public void Remove(UserEntry user) => _lines.RemoveAll(line => Parse(line) is { } range && IsOf(range, user));

    /// <summary>Turns the user's lines on or off.</summary>
    public void Switch(UserEntry user, bool on)
    {
        for (int i = 0; i < _lines.Count; i++)
        {
            if (Parse(_lines[i]) is { } range && IsOf(range, user) && range.Off == on)
            {
                _lines[i] = on ? _lines[i].TrimStart('!') : "!" + _lines[i];
            }
        }
    }

    /// <summary>Replaces the file in one step.</summary>
    /// <exception cref="LinuxException"/>
    public void Save()
    {
        byte[] bytes = Encoding.Latin1.GetBytes(_lines.Count == 0 ? "" : string.Join('\n', _lines) + "\n");
        if (FileSystem.TryStat(_path) is not null)
        {
            SmallFile.Replace(_path, bytes);
            return;
        }

        using var file = new UnnamedFile(_path, mode: 0b110_100_100);
        FileCalls.Write(file.File, 0, bytes);
        file.Publish(sync: true);
    }

    private static bool IsOf(Range range, UserEntry user)
        => range.Name == user.Name || range.Name == user.Uid.ToString(CultureInfo.InvariantCulture);

    private static Range? Parse(string line)
    {
        string[] fields = line.Split(':');
        return fields.Length == 3 && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
            && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
            ? new Range(fields[0].TrimStart('!'), fields[0].StartsWith('!'), first, count) : null;
    }
}
