using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Tests.Runtime.Environment.Shell;

/// <summary>Files of a container as a test writes them down: a path ending in a slash is a directory, ! is executable.</summary>
internal sealed class MapFiles : IShellFiles
{
    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, ShellFileFact> _facts = [];

    internal MapFiles Add(string path, string text = "")
    {
        string name = path.TrimEnd('/', '!');
        _texts[name] = text;
        _facts[name] = path[^1] switch
        {
            '/' => ShellFileFact.Directory,
            '!' => ShellFileFact.ExecutableFile,
            _ => ShellFileFact.File,
        };
        return this;
    }

    internal MapFiles AddUnknown(string path)
    {
        _facts[path] = ShellFileFact.Unknown;
        return this;
    }

    public ShellFileFact Look(string path) => _facts.GetValueOrDefault(path.TrimEnd('/'), ShellFileFact.Missing);

    public byte[]? Read(string path) => _texts.TryGetValue(path, out string? text) ? Encoding.Latin1.GetBytes(text) : null;

    /// <summary>What the map has directly below; null, as of a directory that is not known, for one named so.</summary>
    public IReadOnlyList<string>? Names(string directory)
    {
        string start = directory.TrimEnd('/') + "/";
        return directory.EndsWith("/hidden", StringComparison.Ordinal) ? null :
        [
            .. _facts.Keys.Where(path => path.StartsWith(start, StringComparison.Ordinal) && path.Length > start.Length)
                .Select(path => path[start.Length..]).Where(name => !name.Contains('/')).Reverse(),
        ];
    }
}
