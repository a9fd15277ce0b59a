using System;
using System.Collections.Generic;
using System.IO;
using Kerr.Image.Ext3;
using Kerr.Image.Sif;
using Kerr.Image.SquashFs;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image;

/// <summary>The formats of images.</summary>
public enum ImageKind
{
    /// <summary>A directory.</summary>
    Sandbox,
    Sif,
    SquashFs,
    Ext3,
}

/// <summary>An image as it lies on disk: what it is, and where in it the root file system lies.</summary>
/// <param name="Path">As it was given; Latin-1, as all paths.</param>
/// <param name="Root">Null for a directory, and for a SIF file without a primary partition.</param>
/// <param name="Architecture">By Go's name (<c>amd64</c>); null where the image does not say.</param>
/// <param name="Sif">The header and objects of a SIF file.</param>
public sealed record ImageFile(
    string Path, ImageKind Kind, RootPartition? Root, string? Architecture = null, SifImage? Sif = null) : IDisposable
{
    /// <summary>The open image; a directory is opened with O_PATH. Null for a record that was made by hand.</summary>
    public SafeFileHandle? Handle { get; init; }

    /// <summary>Which directory it is; null for files, and for a record that was made by hand.</summary>
    public FileIdentity? Directory { get; init; }

    /// <summary>Looks at what a path names: directory, SIF, squashfs, ext3, in this order.</summary>
    /// <exception cref="UserException">It is not there, cannot be read, is no image, or is damaged.</exception>
    public static ImageFile Open(string path)
    {
        // Before it is opened: opening a device or a pipe may do something, or wait.
        if (!FileCalls.TryStatus(path, followLink: true, out FileStatus status, out Errno errno))
        {
            throw ImageErrors.CannotOpen(path, errno);
        }

        if (status.Kind is not (FileKind.Directory or FileKind.Regular))
        {
            throw ImageErrors.NotAFile(path, status.Kind);
        }

        OpenFlags flags = status.Kind == FileKind.Directory
            ? OpenFlags.O_PATH | OpenFlags.O_DIRECTORY
            : OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY;
        if (!FileCalls.TryOpen(path, flags, out SafeFileHandle handle, out errno))
        {
            throw ImageErrors.CannotOpen(path, errno);
        }

        return ImageErrors.Reading(path, handle, open =>
        {
            FileStatus status = FileCalls.Status(open);
            return status.Kind switch
            {
                FileKind.Directory => OpenSandbox(path, open, status),
                FileKind.Regular => OpenFile(path, open),
                _ => throw ImageErrors.NotAFile(path, status.Kind),
            };
        });
    }

    /// <summary>Whether a path names a directory, or a file that begins as an image does. It may still be damaged.</summary>
    public static bool IsImage(string path)
    {
        if (!FileCalls.TryStatus(path, followLink: true, out FileStatus status, out _) || status.Kind != FileKind.Regular)
        {
            return status.Kind == FileKind.Directory;
        }

        if (!FileCalls.TryOpen(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY, out SafeFileHandle handle, out _))
        {
            return false;
        }

        using (handle)
        {
            Span<byte> start = stackalloc byte[LaunchLine.Window];
            start = start[..FileCalls.Read(handle, 0, start)];
            int offset = LaunchLine.Length(start);
            return SifHeader.IsSif(start) || Superblock.IsSquashFs(start[offset..]) || Ext3Superblock.IsExt(start[offset..]);
        }
    }

    /// <summary>The root partition; an error that names the image where it has none.</summary>
    public RootPartition RequireRoot() => Root ?? throw ImageErrors.NoRoot(Path);

    /// <summary>
    /// The partitions of a SIF file of this type. Overlays are only those in the group of the root partition: others
    /// belong to another root. Partitions whose file system is none are left out.
    /// </summary>
    public List<RootPartition> Partitions(SifPartitionType type)
    {
        var partitions = new List<RootPartition>();
        if (Sif is null || Handle is null)
        {
            return partitions;
        }

        var file = new FileRange(Handle);
        uint? group = type == SifPartitionType.Overlay ? Sif.PrimaryPartition?.GroupId : null;
        foreach (SifDescriptor descriptor in Sif.FindAll(new SifSelector { PartitionType = type, GroupId = group }))
        {
            try
            {
                partitions.Add(RootPartition.Of(file, descriptor));
            }
            catch (InvalidDataException)
            {
                // An unfinished overlay does not keep the image from running.
            }
        }

        return partitions;
    }

    public void Dispose() => Handle?.Dispose();

    private static ImageFile OpenSandbox(string path, SafeFileHandle handle, FileStatus status)
    {
        if (FileCalls.TryStatus("/", followLink: true, out FileStatus root, out _)
            && status.Identity == root.Identity)
        {
            throw ImageErrors.HostRoot(path);
        }

        return FileCalls.MayRead(path, andEnter: true, out Errno errno)
            ? new ImageFile(path, ImageKind.Sandbox, null) { Handle = handle, Directory = status.Identity }
            : throw ImageErrors.CannotOpen(path, errno);
    }

    private static ImageFile OpenFile(string path, SafeFileHandle handle)
    {
        var file = new FileRange(handle);
        Span<byte> start = stackalloc byte[LaunchLine.Window];
        start = start[..(int)Math.Min(file.Length, start.Length)];
        file.Read(0, start);
        if (SifHeader.IsSif(start))
        {
            SifImage sif = SifImage.Read(file);
            SifDescriptor? primary = sif.PrimaryPartition;
            RootPartition? root = primary is null ? null : RootPartition.Of(file, primary);
            string? architecture = primary is null ? null : SifExtra.Partition(primary).Architecture;
            return new ImageFile(path, ImageKind.Sif, root, architecture, sif) { Handle = handle };
        }

        int offset = LaunchLine.Length(start);
        long size = file.Length - offset;
        if (Superblock.IsSquashFs(start[offset..]))
        {
            string compression = RootPartition.SquashFsIn(file, offset, size);
            return Bare(path, ImageKind.SquashFs, PartitionFileSystem.SquashFs, compression, offset, size, handle);
        }

        if (Ext3Superblock.IsExt(start[offset..]))
        {
            Ext3Superblock.Check(start[offset..], size);
            return Bare(path, ImageKind.Ext3, PartitionFileSystem.Ext3, null, offset, size, handle);
        }

        throw ImageErrors.NotRecognized(path, file.Length);
    }

    private static ImageFile Bare(
        string path, ImageKind kind, PartitionFileSystem fileSystem, string? compression, long offset, long size,
        SafeFileHandle handle)
        => new(path, kind, new RootPartition(offset, size, fileSystem, compression, Primary: true, DescriptorId: null))
        {
            Handle = handle,
        };
}
