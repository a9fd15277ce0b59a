using System;
using System.Collections.Generic;
using Kerr.Build.Sections;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Build.Metadata;

/// <summary>One of the files that every image has.</summary>
/// <param name="Content">Of a file its text, of a symbolic link where it points; byte text.</param>
public readonly record struct BaseEntry(string Path, FileKind Kind, string Content, uint Mode);

/// <summary>The <see cref="BaseFiles"/> as a list, for builds that add those which an image does not have.</summary>
public static class BaseEntries
{
    internal const string Directory = "/" + BaseFiles.Root;
    internal const string EnvironmentScript = "/" + BaseFiles.EnvironmentScript;

    /// <summary>What stands before the text of the first environment section.</summary>
    internal static string EnvironmentHeader => Text(BaseFiles.Defaults[0]);

    /// <summary>All of it, parents before what is in them.</summary>
    internal static IReadOnlyList<BaseEntry> All { get; } = [.. Entries()];

    /// <summary>Makes what is missing.</summary>
    public static void Add(RootFiles root)
    {
        foreach (BaseEntry entry in All)
        {
            switch (entry.Kind)
            {
                case FileKind.Directory:
                    root.MakeDirectory(entry.Path, entry.Mode);
                    break;
                case FileKind.SymbolicLink:
                    root.LinkIfMissing(entry.Path, entry.Content);
                    break;
                default:
                    root.WriteIfMissing(entry.Path, entry.Content, entry.Mode);
                    break;
            }
        }
    }

    /// <summary>What an image does not have; nothing below a name that stands for something else there.</summary>
    internal static List<BaseEntry> MissingIn(IImageTree tree)
    {
        var missing = new List<BaseEntry>();
        var closed = new List<string>();
        foreach (BaseEntry entry in All)
        {
            bool directory = entry.Kind == FileKind.Directory;
            if (closed.Exists(name => entry.Path.StartsWith(name + "/", StringComparison.Ordinal)))
            {
                continue;
            }

            if (!tree.TryStat(entry.Path, out ImageEntry found, follow: directory))
            {
                if (tree.TryStat(entry.Path, out _, follow: false))
                {
                    closed.Add(entry.Path);     // a link that leads nowhere inside
                }
                else
                {
                    missing.Add(entry);
                }
            }
            else if (directory && found.Kind != FileKind.Directory)
            {
                closed.Add(entry.Path);
            }
        }

        return missing;
    }

    private static IEnumerable<BaseEntry> Entries()
    {
        foreach (string directory in BaseFiles.Directories)
        {
            yield return new BaseEntry("/" + directory, FileKind.Directory, "", 0x1ED);
        }

        foreach ((string path, int mode) in BaseFiles.MountPoints)
        {
            yield return new BaseEntry("/" + path, FileKind.Directory, "", (uint)mode);
        }

        foreach (IReadOnlyList<MetadataFile> files in (IReadOnlyList<MetadataFile>[])[BaseFiles.Scripts, BaseFiles.Defaults])
        {
            foreach (MetadataFile file in files)
            {
                yield return new BaseEntry("/" + file.Path, FileKind.Regular, Text(file), (uint)file.Mode);
            }
        }

        foreach ((string path, string target) in BaseFiles.Links)
        {
            yield return new BaseEntry("/" + path, FileKind.SymbolicLink, target, 0x1FF);
        }

        foreach (string file in BaseFiles.MountFiles)
        {
            yield return new BaseEntry("/" + file, FileKind.Regular, "", 0x1A4);
        }

        yield return new BaseEntry("/" + BaseFiles.Runscript, FileKind.Regular, "#!/bin/sh\necho \"There is no runscript in this image\"\n", 0x1ED);
    }

    private static string Text(MetadataFile file) => System.Text.Encoding.Latin1.GetString(file.Content);
}
