using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Build.Assembly;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch.Planning;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Build.Sections;

/// <summary>What a stage starts from, as directories that an overlay takes as its lowest layers.</summary>
/// <param name="Directories">Topmost first.</param>
/// <param name="Key">Changes when the content changes.</param>
/// <param name="Time">Of the content, seconds since 1970; null where it has none of its own.</param>
internal sealed record StageBase(IReadOnlyList<string> Directories, string Key, long? Time) : IDisposable
{
    private ImageServerMount? Server { get; init; }

    /// <summary>The image file whose owners the directories do not show; null where they do.</summary>
    public string? OwnersOf { get; init; }

    /// <summary>The configuration of the OCI image that it came from, as JSON; null where there is none.</summary>
    public byte[]? OciConfig { get; init; }

    public void Dispose() => Server?.Dispose();

    /// <summary>A directory that somebody filled.</summary>
    internal static StageBase Of(string directory, string key, long? time) => new([directory], key, time);

    /// <summary>The files of a local image: mounted where the kernel can show them with owners that exist here, else unpacked.</summary>
    /// <param name="place">Makes a directory for what is unpacked, and keeps it under the key for the next build.</param>
    internal static StageBase OfImage(string path, BuildSettings settings, BuildWorkspace workspace, string number, Func<string, Action<string>, string> place)
    {
        using ImageFile image = ImageFile.Open(FileSystem.Absolute(path, FileSystem.WorkingDirectory() ?? "/"));
        CheckArchitecture(image, settings);
        if (image.Kind == ImageKind.Sandbox)
        {
            return OfDirectory(image, settings, workspace, number);
        }

        RootPartition root = image.RequireRoot();
        string key = FileKey(image, root);
        byte[]? config = SifAssembly.OciConfigOf(image);
        switch (root.FileSystem)
        {
            case PartitionFileSystem.SquashFs:
                long time = ImageTime(image, root);
                if (settings.Identity != BuildIdentity.Single
                    && ImageServerMount.Start(settings, image.Handle!, root.Offset, root.Size, workspace.Directory("base-" + number)) is { } server)
                {
                    return new StageBase([server.Path], key, time) { Server = server, OciConfig = config };
                }

                // With one id, files of others would be nobody's in a mounted image, and closed to the sections.
                return new StageBase([place(key, to => Unpacking.SquashFs(settings, image.Path, root.Offset, to))], key, time)
                {
                    OciConfig = config,
                    OwnersOf = settings.Identity == BuildIdentity.Single ? image.Path : null,
                };
            case PartitionFileSystem.Ext3:
                string unpacked = place(key, to => Unpacking.Ext3(settings, image.Path, root.Offset, to));
                return new StageBase([unpacked], key, Newest(unpacked));
            default:
                throw new UserException(
                    $"cannot build from {path}: its root file system is {root.FileSystem}", "decrypt it first, or use an image with a squashfs partition");
        }
    }

    private static StageBase OfDirectory(ImageFile image, BuildSettings settings, BuildWorkspace workspace, string number)
    {
        string key = TreeDigest.OfStatus(image.Path);
        long? time = Newest(image.Path);
        if (settings.Identity == BuildIdentity.Single && FileCalls.Status(image.Handle!).Uid != 0)
        {
            string copy = workspace.Directory("base-" + number);
            new TreeCopy(followLinks: false, keep: true, cancel: settings.Cancel).Copy(image.Path, copy);
            return new StageBase([copy], key, time);
        }

        return new StageBase([image.Path], key, time);
    }

    private static void CheckArchitecture(ImageFile image, BuildSettings settings)
    {
        string wanted = settings.Architecture.Length > 0 ? settings.Architecture : Runtime.Launch.Planning.Architecture.Host;
        if (image.Architecture is { } found && settings.Architecture.Length > 0 && found != wanted)
        {
            throw new UserException($"image {image.Path} is for {found}, and --arch asks for {wanted}", "name an image for that architecture, or leave out --arch");
        }
    }

    private static string FileKey(ImageFile image, RootPartition root)
    {
        FileStatus status = FileCalls.Status(image.Handle!);
        return string.Create(CultureInfo.InvariantCulture,
            $"{status.Size} {status.ChangedAt} {status.Inode} {status.DeviceMajor}:{status.DeviceMinor} {root.Offset} {root.Size}");
    }

    // mkfs_time of the superblock.
    private static long ImageTime(ImageFile image, RootPartition root)
    {
        const int TimeAt = 8;
        Span<byte> time = stackalloc byte[4];
        _ = FileCalls.Read(image.Handle!, root.Offset + TimeAt, time);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(time);
    }

    private static long? Newest(string directory)
    {
        using SafeFileHandle handle = FileCalls.Open(directory, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        return NewestTime.Of(handle);
    }
}
