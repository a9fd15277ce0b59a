using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>What sections changed in earlier builds, by what they depended on.</summary>
/// <remarks>
/// <code>
/// DIRECTORY/KEY/layer     the upper directory of an overlay
/// DIRECTORY/KEY/state     what its shell left for the next one; absent where there is nothing
/// DIRECTORY/KEY/below     for pieces of a section, which one it lies on
/// DIRECTORY/KEY/used      locked by the builds that use the entry, its time is that of the last use
/// </code>
/// An entry appears by a rename, whole or not at all; so any number of builds can share the directory.
/// </remarks>
internal sealed class LayerCache : IDisposable
{
    private const int MostEntries = 64;

    private readonly string _directory;
    private readonly List<SafeFileHandle> _locks = [];

    internal LayerCache(string directory)
    {
        _directory = directory;
        Prune();
    }

    /// <summary>The key of a result: of all that it depends on, in this order.</summary>
    internal static string Key(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            hash.AppendData(Encoding.Latin1.GetBytes($"{part.Length}:{part}\0"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The entry's directory; null when there is none. It stays as long as this object.</summary>
    internal string? Find(string key)
    {
        string entry = $"{_directory}/{key}";
        if (!FileCalls.TryOpen($"{entry}/used", OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, out SafeFileHandle file, out _))
        {
            return null;
        }

        if (!WholeFileLock.TryTake(file, shared: true) || FileSystem.TryStat($"{entry}/layer", follow: false) is not { IsDirectory: true })
        {
            file.Dispose();
            return null;
        }

        FileCalls.Write(file, 0, "\n"u8);       // its time is the time of use
        _locks.Add(file);
        return entry;
    }

    /// <summary>What was noted with <see cref="NoteBelow"/> for this entry; −1 when there is no such entry.</summary>
    internal int Below(string key)
        => Find(key) is not { } entry ? -1
            : SmallFile.TryRead(entry + "/below", 32) is { } text && int.TryParse(Encoding.ASCII.GetString(text), NumberStyles.None, CultureInfo.InvariantCulture, out int below)
                ? below : 0;

    /// <summary>Notes in an entry that is being made which one it lies on: the length of that one's script.</summary>
    internal static void NoteBelow(string made, int length)
    {
        using SafeFileHandle file = FileCalls.Open(made + "/below", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0x180);
        FileCalls.Write(file, 0, Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Keeps what was made in <paramref name="made"/>, which has a <c>layer</c> in it and lies on the same file system.</summary>
    /// <returns>Where it is now: another build may have been first, then it is that one's.</returns>
    internal string Keep(string key, string made)
    {
        string entry = $"{_directory}/{key}";
        try
        {
            FileCalls.Open($"{made}/used", OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180).Dispose();
            FileCalls.Rename(made, entry);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EEXIST or Errno.ENOTEMPTY)
        {
            return Find(key) ?? made;
        }

        return Find(key) ?? entry;
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _locks)
        {
            file.Dispose();
        }
    }

    /// <summary>Removes the entries that were not used for longest, beyond the number that is kept.</summary>
    private void Prune()
    {
        if (!FileCalls.TryOpen(_directory, OpenFlags.O_DIRECTORY, out SafeFileHandle directory, out _))
        {
            return;
        }

        var entries = new List<(long Used, string Path)>();
        using (directory)
        {
            foreach (string name in DirectoryCalls.List(directory))
            {
                if (name.Length == 64 && FileSystem.TryStat($"{_directory}/{name}/used") is { } used)
                {
                    entries.Add((used.ModifiedAt, $"{_directory}/{name}"));
                }
            }
        }

        entries.Sort();
        for (int i = 0; i < entries.Count - MostEntries; i++)
        {
            if (FileCalls.TryOpen($"{entries[i].Path}/used", OpenFlags.O_RDWR, out SafeFileHandle file, out _))
            {
                using (file)
                {
                    if (WholeFileLock.TryTake(file, shared: false))
                    {
                        Remove(entries[i].Path);
                    }
                }
            }
        }
    }

    private static void Remove(string path)
    {
        try
        {
            TreeRemoval.Remove(path);
        }
        catch (LinuxException)
        {
            // Files of another id map: the build that made them can.
        }
    }
}
