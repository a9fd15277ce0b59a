using System;
using System.Collections.Generic;
using Kerr.Build.Assembly;
using Kerr.Build.Metadata;
using Kerr.Build.Sections;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Build;

/// <summary>Makes a SIF file or a directory of an image, whatever its format. Nothing of it runs, so no namespace is needed.</summary>
/// <remarks>
/// <code>
/// of                   to SIF                                  to a directory
/// directory            packed, missing base files beside it    copied
/// SIF, squashfs        its squashfs as it is                   unpacked
/// ext3                 unpacked, then packed                   unpacked
/// </code>
/// </remarks>
public static class ImageConversion
{
    /// <exception cref="UserException">The image cannot be read, or the target not be written.</exception>
    public static void Run(string source, string target, BuildSettings settings)
    {
        using ImageFile image = ImageFile.Open(FileSystem.Absolute(source, FileSystem.WorkingDirectory() ?? "/"));
        if (settings.Architecture.Length > 0 && image.Architecture is { } architecture && architecture != settings.Architecture)
        {
            throw new UserException($"image {source} is for {architecture}, and --arch asks for {settings.Architecture}", "name an image for that architecture, or leave out --arch");
        }

        try
        {
            if (settings.Sandbox)
            {
                settings.Messages.Info("Creating sandbox directory...");
                SandboxAssembly.Make(target, settings, to => Unpack(image, to, settings));
            }
            else
            {
                settings.Messages.Info("Creating SIF file...");
                ToSif(image, target, settings);
            }
        }
        catch (OperationCanceledException)
        {
            throw new UserException($"building {target} was interrupted");
        }
    }

    private static void ToSif(ImageFile image, string target, BuildSettings settings)
    {
        SifAssemblyOptions options = settings.Assembly;
        if (settings.Architecture.Length > 0)
        {
            options = options with { Architecture = settings.Architecture };
        }

        List<BaseEntry> missing = Missing(image, settings, out bool readable);
        if (image.Kind == ImageKind.Sandbox)
        {
            _ = SifAssembly.Build(image.Path, target, options with { Added = missing });
            return;
        }

        bool asItIs = readable && missing.Count == 0 && options.ExtraArguments.Count == 0 && options.Compression == SifAssemblyOptions.UsualCompression && !settings.FixPermissions;
        if (asItIs && image.RequireRoot().FileSystem == PartitionFileSystem.SquashFs)
        {
            _ = SifAssembly.Rewrap(image, target, options, settings.Cancel);
            return;
        }

        using var workspace = new BuildWorkspace(settings.TemporaryDirectory);
        string unpacked = workspace.Directory("rootfs");
        Unpack(image, unpacked, settings);
        _ = SifAssembly.Build(unpacked, target, options);
    }

    private static List<BaseEntry> Missing(ImageFile image, BuildSettings settings, out bool readable)
    {
        readable = false;
        if (settings.Assembly.Data)
        {
            readable = image.Kind != ImageKind.Ext3;
            return [];
        }

        using IImageTree? tree = image.Kind == ImageKind.Sandbox || image.Root is not null ? ImageTree.Open(image) : null;
        readable = tree is not null;
        return tree is null ? [] : BaseEntries.MissingIn(tree);
    }

    private static void Unpack(ImageFile image, string directory, BuildSettings settings)
    {
        if (image.Kind == ImageKind.Sandbox)
        {
            new TreeCopy(followLinks: false, keep: true, cancel: settings.Cancel).Copy(image.Path, directory);
        }
        else
        {
            RootPartition root = image.RequireRoot();
            switch (root.FileSystem)
            {
                case PartitionFileSystem.SquashFs:
                    Unpacking.SquashFs(settings, image.Path, root.Offset, directory);
                    break;
                case PartitionFileSystem.Ext3:
                    Unpacking.Ext3(settings, image.Path, root.Offset, directory);
                    break;
                default:
                    throw new UserException(
                        $"cannot build from {image.Path}: its root file system is {root.FileSystem}", "decrypt it first, or use an image with a squashfs partition");
            }
        }

        if (settings.FixPermissions)
        {
            Permissions.Fix(directory, settings.Cancel);
        }

        if (!settings.Assembly.Data)
        {
            AddBaseFiles(directory, settings);
        }
    }

    private static void AddBaseFiles(string directory, BuildSettings settings)
    {
        try
        {
            BaseEntries.Add(new RootFiles(directory));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EACCES)
        {
            settings.Messages.Warn($"the image is closed to its owner, so not all of its base files could be added: {failure.Message}; see --fix-perms");
        }
    }
}
