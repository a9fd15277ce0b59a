using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image.Sandbox;

/// <summary>One walk of a path below a directory without openat2: each part is opened by itself and never followed.</summary>
internal sealed class SandboxWalk : IWalkedTree<SafeFileHandle>, IDisposable
{
    private readonly List<SafeFileHandle> _opened = [];

    /// <summary>Opens what the path names, with O_PATH.</summary>
    internal bool TryFind(SafeFileHandle root, string path, bool follow, out SafeFileHandle found)
    {
        if (!PathWalk.TryFind(this, root, path, follow, out found))
        {
            return false;
        }

        if (found == root)
        {
            return FileCalls.TryOpenAt(root, ".", OpenFlags.O_PATH, out found, out _);
        }

        _opened.Remove(found);
        return true;
    }

    public void Dispose() => _opened.ForEach(static handle => handle.Dispose());

    bool IWalkedTree<SafeFileHandle>.TryChild(SafeFileHandle directory, string name, out SafeFileHandle child)
    {
        if (FileCalls.TryOpenAt(directory, name, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, out child, out Errno errno))
        {
            _opened.Add(child);
            return true;
        }

        child.Dispose();
        return errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.ENAMETOOLONG
            ? false
            : throw new LinuxException("openat", name, errno);
    }

    bool IWalkedTree<SafeFileHandle>.IsDirectory(SafeFileHandle node) => FileCalls.Status(node).Kind == FileKind.Directory;

    string? IWalkedTree<SafeFileHandle>.LinkTarget(SafeFileHandle node)
        => FileCalls.Status(node).Kind == FileKind.SymbolicLink ? FileCalls.ReadLink(node) : null;
}
