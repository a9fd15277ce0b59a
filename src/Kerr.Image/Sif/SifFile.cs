using System;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Image.Sif;

/// <summary>A SIF file that is looked at or changed as a container of objects, whatever its partitions hold.</summary>
/// <remarks>To run an image, <see cref="ImageFile"/> looks at the root partition, too.</remarks>
public sealed class SifFile : IDisposable
{
    private SifFile(string path, SafeFileHandle handle, SifImage image)
    {
        Path = path;
        Handle = handle;
        Image = image;
    }

    /// <summary>As it was given; Latin-1.</summary>
    public string Path { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>Header and objects as they were when it was opened.</summary>
    public SifImage Image { get; }

    /// <summary>Opens a SIF file and reads its header and table.</summary>
    /// <param name="path">Latin-1.</param>
    /// <param name="write">To change it by <see cref="SifWriter"/>.</param>
    /// <exception cref="UserException">It is not there, cannot be opened so, is no SIF file, or is damaged.</exception>
    public static SifFile Open(string path, bool write = false)
    {
        // Before it is opened: opening a device or a pipe may do something, or wait.
        if (!FileCalls.TryStatus(path, followLink: true, out FileStatus status, out Errno errno))
        {
            throw ImageErrors.CannotOpen(path, errno);
        }

        if (status.Kind == FileKind.Directory)
        {
            throw ImageErrors.DirectoryNotSif(path);
        }

        if (status.Kind != FileKind.Regular)
        {
            throw ImageErrors.NotAFile(path, status.Kind);
        }

        OpenFlags flags = (write ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY) | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY;
        if (!FileCalls.TryOpen(path, flags, out SafeFileHandle handle, out errno))
        {
            throw write ? ImageErrors.CannotChange(path, errno) : ImageErrors.CannotOpen(path, errno);
        }

        return ImageErrors.Reading(path, handle, open => new SifFile(path, open, Read(path, new FileRange(open))));
    }

    public void Dispose() => Handle.Dispose();

    private static SifImage Read(string path, FileRange file)
    {
        Span<byte> start = stackalloc byte[SifHeader.Size];
        start = start[..(int)Math.Min(file.Length, start.Length)];
        file.Read(0, start);
        return SifHeader.IsSif(start) ? SifImage.Read(file) : throw ImageErrors.NotSif(path, file.Length == 0 ? "empty" : "something else");
    }
}
