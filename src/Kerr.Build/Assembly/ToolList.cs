using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Build.Metadata;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Assembly;

/// <summary>The list by which mksquashfs packs what is not in the directory, or is there with another owner: its pseudo files.</summary>
/// <remarks><c>PATH d|s|f|m MODE UID GID [CONTENT]</c>, a line each.</remarks>
internal static class ToolList
{
    /// <param name="tree">The directory: only owners of what is there, and no link, are listed.</param>
    internal static string Of(IReadOnlyList<BaseEntry> added, IReadOnlyList<FileOwner> owners, IImageTree tree)
    {
        var list = new StringBuilder();
        foreach (BaseEntry entry in added)
        {
            string mode = Convert.ToString(entry.Mode, 8);
            _ = entry.Kind switch
            {
                FileKind.Directory => list.Append(null, $"{entry.Path} d {mode} 0 0\n"),
                FileKind.SymbolicLink => list.Append(null, $"{entry.Path} s {mode} 0 0 {entry.Content}\n"),

                // Its content comes from a command; octal escapes mean the same to every shell's printf.
                _ => list.Append(null, $"{entry.Path} f {mode} 0 0 printf '{Octal(entry.Content)}'\n"),
            };
        }

        foreach (FileOwner owner in owners)
        {
            if (!owner.Path.Contains('\n', StringComparison.Ordinal) && tree.TryStat(owner.Path, out ImageEntry entry, follow: false)
                && entry.Kind is FileKind.Regular or FileKind.Directory)
            {
                string name = owner.Path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
                list.Append(null, $"\"{name}\" m {Convert.ToString(entry.Permissions, 8)} {owner.Uid} {owner.Gid}\n");
            }
        }

        return list.ToString();
    }

    /// <summary>A descriptor with the list that the tool inherits.</summary>
    internal static int Hand(string list)
    {
        using var file = new SafeFileHandle(MemoryFile.Create("kerr-list"), ownsHandle: true);
        FileCalls.Write(file, 0, Encoding.Latin1.GetBytes(list));
        return CurrentProcess.CopyForExec((int)file.DangerousGetHandle());
    }

    private static string Octal(string text)
    {
        var escaped = new StringBuilder(text.Length * 4);
        foreach (char c in text)
        {
            _ = char.IsAsciiLetterOrDigit(c) ? escaped.Append(c) : escaped.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'));
        }

        return escaped.ToString();
    }
}
