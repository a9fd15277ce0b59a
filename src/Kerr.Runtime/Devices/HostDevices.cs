using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Devices;

/// <summary>Device nodes of the host.</summary>
/// <remarks>
/// access(2) asks the job's device cgroup, too, in both its versions: what a scheduler has not given to the job is not accessible. So a small /dev
/// holds the job's devices only.
/// </remarks>
internal static class HostDevices
{
    private const int ReadAndWrite = 6;

    /// <summary>The nodes in a directory whose names fit, that the job may use, sorted by name and number.</summary>
    /// <param name="withheld">Gets those that the job may not use.</param>
    public static List<string> In(IHostFacts host, string directory, Func<string, bool> fits, List<string>? withheld = null)
    {
        var nodes = new List<string>();
        foreach (string name in host.Files.List(directory) ?? [])
        {
            string path = $"{directory}/{name}";
            if (fits(name) && host.Stat(path) is { IsDirectory: false })
            {
                (host.IsAccessible(path, ReadAndWrite) ? nodes : withheld)?.Add(path);
            }
        }

        nodes.Sort(static (a, b) => a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(a, b));
        return nodes;
    }

    /// <summary>The number behind a name: 3 of <c>nvidia3</c>; null if there is something else.</summary>
    public static int? Number(string name, string prefix)
        => name.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>A variable of the host; null when it is not set.</summary>
    public static string? Variable(IHostFacts host, string name)
    {
        foreach (string text in host.Environment)
        {
            if (text.Length > name.Length && text[name.Length] == '=' && text.StartsWith(name, StringComparison.Ordinal))
            {
                return text[(name.Length + 1)..];
            }
        }

        return null;
    }

    /// <summary>Whether a list with commas has a word.</summary>
    public static bool Lists(string? list, string word)
    {
        foreach (string item in list?.Split(',') ?? [])
        {
            if (item == word)
            {
                return true;
            }
        }

        return false;
    }
}
