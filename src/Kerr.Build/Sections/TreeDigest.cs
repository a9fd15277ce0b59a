using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>What is in a directory, as a number that changes when it does.</summary>
internal static class TreeDigest
{
    /// <summary>By names, kinds, modes, owners and contents; not by times.</summary>
    internal static string OfContent(string directory) => Of(directory, content: true);

    /// <summary>By names, kinds, modes, sizes and times, as build tools look at their inputs: quick, for large trees.</summary>
    internal static string OfStatus(string directory) => Of(directory, content: false);

    private static string Of(string directory, bool content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, directory, "", content, new byte[1 << 18]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string root, string below, bool content, byte[] buffer)
    {
        if (!FileCalls.TryOpen(root + below, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, out SafeFileHandle directory, out _))
        {
            return;
        }

        List<string> names;
        using (directory)
        {
            names = DirectoryCalls.List(directory);
        }

        names.Sort(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string path = $"{below}/{name}";
            if (FileSystem.TryStat(root + path, follow: false) is not { } status)
            {
                continue;
            }

            Text(hash, string.Create(CultureInfo.InvariantCulture,
                $"{path}\0{(int)status.Kind} {status.Permissions} {status.Uid} {status.Gid} {(status.IsDirectory ? 0 : status.Size)}"));
            if (!content)
            {
                Text(hash, string.Create(CultureInfo.InvariantCulture, $"{status.ChangedAt} {status.Inode}"));
            }

            switch (status.Kind)
            {
                case FileKind.Directory:
                    Add(hash, root, path, content, buffer);
                    break;
                case FileKind.SymbolicLink:
                    Text(hash, FileSystem.ReadLink(root + path) ?? "");
                    break;
                case FileKind.Regular when content:
                    using (SafeFileHandle file = FileCalls.Open(root + path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK))
                    {
                        long at = 0;
                        for (int count; (count = FileCalls.Read(file, at, buffer)) > 0; at += count)
                        {
                            hash.AppendData(buffer, 0, count);
                        }
                    }

                    break;
            }
        }
    }

    private static void Text(IncrementalHash hash, string text) => hash.AppendData(Encoding.Latin1.GetBytes(text + "\0"));
}
