using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>Reads and writes files below the root of an image; symbolic links in it never lead out (CVE-2019-14271 and its kin).</summary>
/// <remarks>
/// It walks by names, which is safe because nothing of the image runs meanwhile, and works on kernels without openat2 too.
/// </remarks>
public sealed class RootFiles(string root)
{
    private const int MostLinks = 40;

    /// <summary>The image's root on the host.</summary>
    public string Root { get; } = root;

    /// <summary>Where a path of the image is on the host; what is missing at its end stays as it is written.</summary>
    /// <param name="followLast">Whether a symbolic link in the last place is followed, too.</param>
    /// <exception cref="UserException">Links lead in a circle.</exception>
    public string Resolve(string path, bool followLast = true)
    {
        var rest = new Stack<string>();
        Push(rest, path);
        var done = new List<string>();
        for (int links = 0; rest.TryPop(out string? name);)
        {
            if (name == "..")
            {
                if (done.Count > 0)
                {
                    done.RemoveAt(done.Count - 1);
                }

                continue;
            }

            done.Add(name);
            if ((rest.Count > 0 || followLast) && FileSystem.ReadLink(On(done)) is { } link)
            {
                if (++links > MostLinks)
                {
                    throw new UserException($"symbolic links in the image lead in a circle: {path}", "correct them in the image that this one is made from");
                }

                done.RemoveAt(done.Count - 1);
                if (link.StartsWith('/'))
                {
                    done.Clear();
                }

                Push(rest, link);
            }
        }

        return On(done);
    }

    public FileStatus? Stat(string path, bool follow = true) => FileSystem.TryStat(Resolve(path, follow), follow: false);

    public bool Exists(string path) => Stat(path, follow: false) is not null;

    /// <summary>The text of a regular file; null where there is none.</summary>
    public string? Read(string path)
    {
        const int Largest = 16 << 20;
        string at = Resolve(path);
        return FileSystem.TryStat(at, follow: false) is { IsRegular: true } && SmallFile.TryRead(at, Largest) is { } bytes
            ? Encoding.Latin1.GetString(bytes) : null;
    }

    /// <summary>Writes a file, in place of what has its name.</summary>
    public void Write(string path, string text, uint mode = 0x1A4)
    {
        string at = Resolve(path, followLast: false);
        MakeParents(path);
        _ = FileCalls.Unlink(at);
        using SafeFileHandle file = FileCalls.Open(at, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0x180);
        FileCalls.Write(file, 0, Encoding.Latin1.GetBytes(text));
        FileCalls.SetPermissions(file, mode);
    }

    /// <summary>Writes a file where there is none of that name.</summary>
    public void WriteIfMissing(string path, string text, uint mode = 0x1A4)
    {
        if (!Exists(path))
        {
            Write(path, text, mode);
        }
    }

    public void LinkIfMissing(string path, string content)
    {
        if (!Exists(path))
        {
            MakeParents(path);
            TreeCopy.MakeSymlink(content, Resolve(path, followLast: false));
        }
    }

    /// <summary>Makes a directory and those above it; what is there stays as it is.</summary>
    public void MakeDirectory(string path, uint mode = 0x1ED)
    {
        string made = "";
        foreach (string name in FileSystem.Clean(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            made += "/" + name;
            string at = Resolve(made);
            if (FileSystem.TryStat(at, follow: false) is { } status)
            {
                if (!status.IsDirectory)
                {
                    throw new UserException($"cannot make the directory {path} in the image: {made} is none", "name another path");
                }

                continue;
            }

            FileSystem.MakeDirectory(at, 0x1C0);
            TreeCopy.SetMode(at, mode);
        }
    }

    public void Remove(string path)
    {
        string at = Resolve(path, followLast: false);
        TreeRemoval.Remove(at);
    }

    private void MakeParents(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash > 0)
        {
            MakeDirectory(path[..slash]);
        }
    }

    private string On(List<string> names) => names.Count == 0 ? Root : $"{Root}/{string.Join('/', names)}";

    private static void Push(Stack<string> rest, string path)
    {
        string[] names = path.Split('/');
        for (int i = names.Length - 1; i >= 0; i--)
        {
            if (names[i] is not ("" or "."))
            {
                rest.Push(names[i]);
            }
        }
    }
}
