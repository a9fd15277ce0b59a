using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux.Files;

namespace Kerr.Image.SquashFs;

/// <summary>The files of a squashfs by their paths. For one thread.</summary>
public sealed class SquashFsTree : IImageTree, IWalkedTree<SquashFsInode>
{
    private const int LongestName = 255;

    private readonly SquashFsImage _image;
    private readonly IDisposable? _owned;
    private readonly BlockBuffer _data;
    private readonly BlockBuffer _tails;
    private readonly SquashFsInode _root;

    /// <param name="owned">What the image reads from, if it is to be closed with the tree.</param>
    public SquashFsTree(SquashFsImage image, IDisposable? owned = null)
    {
        _image = image;
        _owned = owned;
        _data = new BlockBuffer(image);
        _tails = new BlockBuffer(image);
        _root = image.ReadRoot();
    }

    public bool TryStat(string path, out ImageEntry entry, bool follow = true)
    {
        bool found = TryFind(path, follow, out SquashFsInode inode);
        entry = found
            ? new ImageEntry(inode.Kind, inode.Permissions, inode.Uid, inode.Gid, inode.Size, inode.ModifiedAt)
            : default;
        return found;
    }

    public byte[]? ReadFile(string path, int limit)
    {
        if (!TryFind(path, follow: true, out SquashFsInode inode) || inode.Kind != FileKind.Regular)
        {
            return null;
        }

        return inode.Size <= limit
            ? ReadStart(inode, limit)
            : throw new InvalidDataException($"{path} has {inode.Size} bytes, more than {limit}");
    }

    public byte[]? ReadStart(string path, int count)
        => TryFind(path, follow: true, out SquashFsInode inode) && inode.Kind == FileKind.Regular ? ReadStart(inode, count) : null;

    public IFileContent? OpenFile(string path)
        => TryFind(path, follow: true, out SquashFsInode inode) && inode.Kind == FileKind.Regular ? new Content(this, inode) : null;

    public IReadOnlyList<string>? List(string path)
    {
        if (!TryFind(path, follow: true, out SquashFsInode inode) || inode.Kind != FileKind.Directory)
        {
            return null;
        }

        var names = new List<string>();
        var entries = new SquashFsDirectory(_image, inode);
        while (entries.Next())
        {
            names.Add(Encoding.Latin1.GetString(entries.Name));
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public string? ReadLink(string path)
        => TryFind(path, follow: false, out SquashFsInode inode) && inode.Kind == FileKind.SymbolicLink ? _image.ReadLink(inode) : null;

    /// <summary>The inode that a path names.</summary>
    public bool TryFind(string path, bool follow, out SquashFsInode inode) => PathWalk.TryFind(this, _root, path, follow, out inode);

    /// <summary>Copies a file's content to a stream, block by block.</summary>
    public void CopyTo(SquashFsInode file, Stream target)
    {
        var content = new SquashFsFile(_image, file, _data, _tails);
        var buffer = new byte[Math.Min(file.Size, _image.Superblock.BlockSize)];
        for (long done = 0; done < file.Size;)
        {
            int count = content.Read(done, buffer);
            target.Write(buffer.AsSpan(0, count));
            done += count;
        }
    }

    public void Dispose() => _owned?.Dispose();

    bool IWalkedTree<SquashFsInode>.TryChild(SquashFsInode directory, string name, out SquashFsInode child)
    {
        child = default;
        if (directory.Kind != FileKind.Directory || name.Length > LongestName)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[LongestName];
        bytes = bytes[..Encoding.Latin1.GetBytes(name, bytes)];
        if (!SquashFsDirectory.TryFind(_image, directory, bytes, out ulong reference))
        {
            return false;
        }

        child = _image.ReadInode(reference);
        return true;
    }

    bool IWalkedTree<SquashFsInode>.IsDirectory(SquashFsInode node) => node.Kind == FileKind.Directory;

    string? IWalkedTree<SquashFsInode>.LinkTarget(SquashFsInode node)
        => node.Kind == FileKind.SymbolicLink ? _image.ReadLink(node) : null;

    private byte[] ReadStart(SquashFsInode file, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var bytes = new byte[Math.Min(count, file.Size)];
        new SquashFsFile(_image, file, _data, _tails).Read(0, bytes);
        return bytes;
    }

    /// <summary>A file of the tree; blocks that are read are those of the tree's own buffer.</summary>
    private sealed class Content(SquashFsTree tree, SquashFsInode inode) : IFileContent
    {
        private SquashFsFile _file = new(tree._image, inode, tree._data, tree._tails);

        public long Length => inode.Size;

        public void Read(long offset, Span<byte> buffer)
        {
            if (offset < 0 || _file.Read(offset, buffer) != buffer.Length)
            {
                throw new InvalidDataException($"{buffer.Length} bytes at {offset} do not fit in the {Length} that there are");
            }
        }

        public void Dispose()
        {
        }
    }
}
