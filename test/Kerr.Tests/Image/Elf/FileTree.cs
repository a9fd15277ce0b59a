using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Image;
using Kerr.Linux.Files;

namespace Kerr.Tests.Image.Elf;

/// <summary>Files in memory, as those of an image or of a host; a link is followed if it is the last part of a path.</summary>
internal sealed class FileTree : IImageTree
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);

    internal FileTree With(string path, byte[] content)
    {
        _files[path] = content;
        return this;
    }

    internal FileTree With(string path, string content) => With(path, Encoding.Latin1.GetBytes(content));

    internal FileTree Link(string path, string target)
    {
        _links[path] = target;
        return this;
    }

    public bool TryStat(string path, out ImageEntry entry, bool follow = true)
    {
        entry = new ImageEntry(FileKind.Regular, 0x1ED, 0, 0, 0, 0);
        return _files.ContainsKey(Resolve(path));
    }

    public byte[]? ReadFile(string path, int limit)
        => !_files.TryGetValue(Resolve(path), out byte[]? bytes) ? null
            : bytes.Length <= limit ? bytes : throw new InvalidDataException($"{path} is longer than {limit}");

    public byte[]? ReadStart(string path, int count) => ReadFile(path, int.MaxValue) is { } bytes ? bytes[..Math.Min(count, bytes.Length)] : null;

    public IReadOnlyList<string>? List(string path)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string name in (IEnumerable<string>)[.. _files.Keys, .. _links.Keys])
        {
            if (name.StartsWith(path + "/", StringComparison.Ordinal))
            {
                names.Add(name[(path.Length + 1)..].Split('/')[0]);
            }
        }

        return names.Count > 0 ? [.. names] : null;
    }

    public string? ReadLink(string path) => _links.GetValueOrDefault(path);

    public void Dispose()
    {
    }

    private string Resolve(string path) => _links.TryGetValue(path, out string? target) ? FileSystem.Absolute(target, path[..path.LastIndexOf('/')]) : path;
}
