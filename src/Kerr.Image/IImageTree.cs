using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Linux.Files;

namespace Kerr.Image;

/// <summary>What a name in an image stands for; times in seconds since 1970, permissions with set-id bits.</summary>
public readonly record struct ImageEntry(FileKind Kind, int Permissions, uint Uid, uint Gid, long Size, long ModifiedAt);

/// <summary>The files inside an image, read without mounting it.</summary>
/// <remarks>
/// Paths are seen from inside: <c>/</c> is the image's root, with or without the slash in front. Symbolic links are
/// followed inside the root only, at most 40 in one path, as the kernel does; nothing outside is ever reached. What the
/// user may not read counts as not there. Names are Latin-1, one character per byte.
/// </remarks>
public interface IImageTree : IDisposable
{
    /// <summary>What a path names; <paramref name="follow"/> false looks at a symbolic link in its last place itself.</summary>
    bool TryStat(string path, out ImageEntry entry, bool follow = true);

    /// <summary>A regular file's content; null if there is none, <see cref="InvalidDataException"/> if it is longer than the limit.</summary>
    byte[]? ReadFile(string path, int limit);

    /// <summary>A regular file's first bytes, at most <paramref name="count"/>; null if there is none.</summary>
    byte[]? ReadStart(string path, int count);

    /// <summary>A regular file, to be read at any place and closed; null if there is none.</summary>
    /// <exception cref="InvalidDataException">It cannot be read in parts and is too long to be held in memory.</exception>
    IFileContent? OpenFile(string path) => ReadFile(path, FileInMemory.Longest) is { } bytes ? new FileInMemory(bytes) : null;

    /// <summary>The names in a directory, sorted by their bytes; null if there is none.</summary>
    IReadOnlyList<string>? List(string path);

    /// <summary>Where a symbolic link points, as it is written there; null if the path names none.</summary>
    string? ReadLink(string path);
}
