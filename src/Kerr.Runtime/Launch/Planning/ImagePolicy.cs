using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Which images a site lets its users run: <c>limit container …</c> and <c>allow container …</c>.</summary>
/// <remarks>
/// For every image of a launch, overlays and image binds too; never for root. docs/security.md has the meaning of each, which the setuid
/// starter holds to as well. Here they bind those who use Kerr: a user namespace that is made without it steps around them.
/// </remarks>
internal static class ImagePolicy
{
    /// <summary>Whether the site limits anything; then it is worth a word that the limit is soft.</summary>
    public static bool Limits(SiteConfiguration configuration)
        => configuration.LimitContainerOwners.Count > 0 || configuration.LimitContainerGroups.Count > 0 || configuration.LimitContainerPaths.Count > 0
            || !configuration.AllowContainerDir || !configuration.AllowContainerSif || !configuration.AllowContainerSquashfs
            || !configuration.AllowContainerExtfs || !configuration.AllowContainerEncrypted;

    /// <exception cref="UserException">The site does not allow this image.</exception>
    public static void Require(SiteConfiguration configuration, IHostFacts host, ImageFile image)
    {
        if (host.Uid == 0)
        {
            return;
        }

        RequireKind(configuration, image);
        RequirePath(configuration.LimitContainerPaths, host, image);
        if (configuration.LimitContainerOwners.Count > 0)
        {
            RequireOwner(configuration.LimitContainerOwners, image, host, group: false);
        }

        if (configuration.LimitContainerGroups.Count > 0)
        {
            RequireOwner(configuration.LimitContainerGroups, image, host, group: true);
        }
    }

    /// <summary>Whether a path is a directory or lies below it, component by component: <c>/s2</c> is not below <c>/s</c>.</summary>
    /// <param name="path">Absolute, without symlinks.</param>
    /// <param name="directory">The same.</param>
    public static bool IsBelow(string path, string directory)
        => directory == "/" || (path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/'));

    private static void RequireKind(SiteConfiguration configuration, ImageFile image)
    {
        (bool allowed, string what, string directive) = image.Kind switch
        {
            ImageKind.Sandbox => (configuration.AllowContainerDir, "directories as images", "dir"),
            ImageKind.Sif => (configuration.AllowContainerSif, "SIF images", "sif"),
            ImageKind.SquashFs => (configuration.AllowContainerSquashfs, "squashfs images", "squashfs"),
            _ => (configuration.AllowContainerExtfs, "ext3 images", "extfs"),
        };
        if (allowed && !configuration.AllowContainerEncrypted && IsEncrypted(image))
        {
            (allowed, what, directive) = (false, "encrypted images", "encrypted");
        }

        if (!allowed)
        {
            throw new UserException(
                $"the administrator does not allow {what}: `allow container {directive} = no`", "use another format of the image, or ask the administrator")
            {
                DeniedBy = $"allow container {directive}",
            };
        }
    }

    private static bool IsEncrypted(ImageFile image)
        => image.Root is { FileSystem: PartitionFileSystem.EncryptedSquashFs or PartitionFileSystem.GocryptFs };

    private static void RequirePath(IReadOnlyList<string> limits, IHostFacts host, ImageFile image)
    {
        if (limits.Count == 0)
        {
            return;
        }

        // The name of what is open: no link and no rename between looking and running makes another of it.
        string? path = image.Handle is { } open
            ? host.ReadLink(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{open.DangerousGetHandle()}")) : host.RealPath(image.Path);

        // Of a file of another mount namespace it is the name there, where the user may have mounted: it must lead there here, too.
        path = path is not null && IsSame(host.Stat(path, follow: false), StatusOf(image, host)) ? path : null;
        foreach (string limit in limits)
        {
            // A directory that is not there holds no image.
            if (path is not null && limit.StartsWith('/') && host.RealPath(limit) is { } directory && IsBelow(path, directory))
            {
                return;
            }
        }

        throw new UserException(
            $"image {image.Path} is not in a directory that the administrator allows: `limit container paths = {string.Join(", ", limits)}`",
            "use an image from there, or ask the administrator")
        {
            DeniedBy = "limit container paths",
        };
    }

    private static void RequireOwner(IReadOnlyList<string> limits, ImageFile image, IHostFacts host, bool group)
    {
        FileStatus? status = StatusOf(image, host);
        foreach (string limit in limits)
        {
            uint? id = (limit[0] != '0' || limit == "0") && uint.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
                : group ? host.FindGroup(limit) : host.FindUser(limit);
            if (status is { } found && id == (group ? found.Gid : found.Uid))
            {
                return;
            }
        }

        string whose = group ? "group" : "owner";
        throw new UserException(
            $"image {image.Path} has no {whose} that the administrator allows: `limit container {whose}s = {string.Join(", ", limits)}`",
            "use an image that the administrator provides, or ask for this one to be taken over")
        {
            DeniedBy = $"limit container {whose}s",
        };
    }

    private static FileStatus? StatusOf(ImageFile image, IHostFacts host) => image.Handle is { } open ? FileCalls.Status(open) : host.Stat(image.Path);

    private static bool IsSame(FileStatus? one, FileStatus? other) => one is { } a && other is { } b
        && (a.Inode, a.DeviceMajor, a.DeviceMinor) == (b.Inode, b.DeviceMajor, b.DeviceMinor);
}
