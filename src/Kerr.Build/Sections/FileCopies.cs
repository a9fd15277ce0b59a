using System;
using System.Collections.Generic;
using System.Threading;
using Kerr.Build.Definition;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Build.Sections;

/// <summary>The <c>%files</c> and <c>%appfiles</c> sections: copies from the host, or from the root of an earlier stage.</summary>
/// <remarks>
/// From the host symbolic links become what they lead to. From a stage only the named file is followed, and links never leave
/// that stage's root. Names may be patterns: <c>* ? [ ]</c>, and <c>**</c> for any number of directories.
/// </remarks>
internal sealed class FileCopies(RootFiles root, CancellationToken cancel)
{
    /// <param name="workingDirectory">What relative names of the host are relative to.</param>
    internal void FromHost(IReadOnlyList<DefinitionCopy> copies, string workingDirectory, string appRoot = "")
    {
        foreach (DefinitionCopy copy in copies)
        {
            string source = copy.Source.StartsWith('/') ? copy.Source : workingDirectory + "/" + copy.Source;
            List<string> found = Expand(source);
            if (found.Count == 0)
            {
                throw new UserException($"%files: {copy.Source} does not exist", "check its name; relative names start from the directory in which build is called");
            }

            foreach (string match in found)
            {
                string named = copy.Source.StartsWith('/') ? match : copy.Source == Relative(match, workingDirectory) ? copy.Source : Relative(match, workingDirectory);
                Copy(new TreeCopy(followLinks: true, keep: false, cancel: cancel), match, Destination(copy.Destination, named, appRoot), found.Count > 1);
            }
        }
    }

    /// <param name="stage">The root of the stage.</param>
    internal void FromStage(IReadOnlyList<DefinitionCopy> copies, RootFiles stage, string name)
    {
        foreach (DefinitionCopy copy in copies)
        {
            string pattern = stage.Root + FileSystem.Clean("/" + copy.Source);
            List<string> found = Expand(pattern);
            if (found.Count == 0 && stage.Stat(copy.Source) is not null)
            {
                found.Add(pattern);
            }

            if (found.Count == 0)
            {
                throw new UserException($"%files from {name}: {copy.Source} does not exist in that stage", "check its name, and that the stage makes it");
            }

            foreach (string match in found)
            {
                string inside = match[stage.Root.Length..];
                Copy(new TreeCopy(followLinks: false, keep: true, cancel: cancel), stage.Resolve(inside), Destination(copy.Destination, inside, ""), found.Count > 1);
            }
        }
    }

    private static string Destination(string destination, string source, string appRoot)
    {
        string path = destination.Length > 0 ? destination : source;
        return path.StartsWith('/') && appRoot.Length == 0 ? path : appRoot + "/" + path.TrimStart('/');
    }

    private void Copy(TreeCopy copy, string source, string destination, bool many)
    {
        bool intoDirectory = many || destination.EndsWith('/') || root.Stat(destination) is { IsDirectory: true };
        string name = source.TrimEnd('/')[(source.TrimEnd('/').LastIndexOf('/') + 1)..];
        string target = FileSystem.Clean(destination);
        bool sourceIsDirectory = FileSystem.TryStat(source) is { IsDirectory: true };
        if (intoDirectory && !(sourceIsDirectory && target[(target.LastIndexOf('/') + 1)..] == name && !destination.EndsWith('/') && !many))
        {
            root.MakeDirectory(target);
            target += "/" + name;
        }
        else
        {
            int slash = target.LastIndexOf('/');
            root.MakeDirectory(slash <= 0 ? "/" : target[..slash]);
        }

        try
        {
            copy.Copy(source, root.Resolve(target));
        }
        catch (LinuxException failure)
        {
            throw new UserException($"%files: cannot copy {source} to {target}: {failure.Message}", "check its permissions", failure);
        }
    }

    private static string Relative(string path, string directory)
        => path.StartsWith(directory + "/", StringComparison.Ordinal) ? path[(directory.Length + 1)..] : path;

    /// <summary>The files that match; the name itself where it has no pattern and is there.</summary>
    private static List<string> Expand(string pattern)
    {
        if (FileSystem.TryStat(pattern) is not null)
        {
            return [pattern.Length > 1 ? pattern.TrimEnd('/') : pattern];
        }

        List<string> found = [""];
        string[] parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            var next = new List<string>();
            foreach (string path in found)
            {
                Step(path, parts[i], i == parts.Length - 1, next, depth: 0);
            }

            found = next;
        }

        return found;
    }

    private static void Step(string path, string part, bool last, List<string> next, int depth)
    {
        const int Deepest = 64;
        if (part.AsSpan().IndexOfAny('*', '?', '[') < 0)
        {
            if (FileSystem.TryStat($"{path}/{part}", follow: !last) is not null)
            {
                next.Add($"{path}/{part}");
            }

            return;
        }

        bool deep = part == "**";
        if (deep && !last)
        {
            next.Add(path);
        }

        foreach (string name in Names(path))
        {
            if (name.StartsWith('.') && !part.StartsWith('.'))
            {
                continue;
            }

            if (deep)
            {
                bool directory = FileSystem.TryStat($"{path}/{name}", follow: false) is { IsDirectory: true };
                if (last)
                {
                    next.Add($"{path}/{name}");
                }
                else if (directory && depth < Deepest)
                {
                    Step($"{path}/{name}", part, last, next, depth + 1);
                }
            }
            else if (ShellPattern.Matches(part, name))
            {
                next.Add($"{path}/{name}");
            }
        }
    }

    private static List<string> Names(string path)
    {
        if (!FileCalls.TryOpen(path.Length == 0 ? "/" : path, OpenFlags.O_DIRECTORY, out Microsoft.Win32.SafeHandles.SafeFileHandle directory, out _))
        {
            return [];
        }

        using (directory)
        {
            List<string> names = DirectoryCalls.List(directory);
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }
}
