using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Launch;

/// <summary>A squashfs image unpacked to a directory that lasts as long as the launch: for `--unsquash`, and for hosts where it cannot be mounted.</summary>
public static class TemporarySandbox
{
    /// <summary>Why a launch has to unpack its image; null when it has not.</summary>
    /// <exception cref="UserException">It would have to, and may not.</exception>
    internal static string? Reason(LaunchRequest request, SiteConfiguration configuration, ImageFile image, string path, IHostFacts host, Installation installation)
    {
        if (image.Kind is not (ImageKind.Sif or ImageKind.SquashFs) || image.Root?.FileSystem != PartitionFileSystem.SquashFs)
        {
            return null;
        }

        if (request.Unsquash)
        {
            return request.NoTemporarySandbox
                ? throw new UserException("--unsquash and --no-tmp-sandbox contradict each other", "leave out one of them")
                : request.Why("unsquash");
        }

        bool may = !request.NoTemporarySandbox && configuration.TmpSandbox;
        return may && Isolation.ModeOf(request, host) != LaunchMode.Root && !host.IsAccessible("/dev/fuse", 6)
            && !(host.Stat("/dev/fuse") is not null && SetuidMode.IsUsed(request, configuration, image, path, host, installation, new PlanNotes()))
            ? host.Stat("/dev/fuse") is null ? "this host has no /dev/fuse" : "/dev/fuse is closed to this user"
            : null;
    }

    /// <summary>Unpacks the image's root file system; answers the directory that it is in.</summary>
    /// <param name="tell">Prints a line at a level of the console.</param>
    internal static string Unpack(
        LaunchRequest request, ImageFile image, IHostFacts host, string search, Installation installation, string why, Action<int, string> tell)
    {
        const int Warning = -2, Info = 1;
        string parent = FileSystem.Absolute(
            request.TemporaryDirectory ?? EnvironmentBlock.Get(host.Environment, "TMPDIR") ?? "/tmp", host.WorkingDirectory ?? "/");
        string unsquashfs = host.FindProgram("unsquashfs", search)
            ?? throw new UserException(
                $"image {image.Path} has to be unpacked ({why}), and unsquashfs is not installed", "install the package squashfs-tools, or name a directory as image");
        RootPartition root = image.RequireRoot();
        tell(
            request.Unsquash ? Info : Warning,
            request.Unsquash ? "Converting SIF file to temporary sandbox..."
                : string.Create(CultureInfo.InvariantCulture, $"Unpacking {image.Path} ({root.Size >> 20} MB packed) below {parent}, since {why}"));
        if (request.Writable)
        {
            tell(Warning, "Changes are made to a temporary sandbox and go with it");
        }

        if (image.Partitions(Image.Sif.SifPartitionType.Overlay).Count > 0)
        {
            tell(Warning, $"The overlay partition of {image.Path} is not part of the temporary sandbox");
        }

        SandboxKeeper.Sweep(parent);
        string directory = TemporaryDirectory.NewName(parent, SandboxKeeper.NamePrefix);
        SandboxKeeper.Start(installation, directory);
        string target = $"{directory}/{image.Path[(image.Path.LastIndexOf('/') + 1)..]}";
        List<string> arguments = ["-n", "-q", "-d", target, "-o", root.Offset.ToString(CultureInfo.InvariantCulture)];
        if (host.Uid != 0)
        {
            arguments.Add("-user-xattrs");
        }

        arguments.Add($"/proc/self/fd/{ChildProcess.HandedFd}");
        ChildResult result = ChildProcess.Run(unsquashfs, arguments, ["LC_ALL=C"], image.Handle);

        // 2: what only root may make (devices, owners) was left out. Before 4.5 that is 0, and 1 is any failure.
        if (result.ExitCode is 0 or 2 && result.Signal == 0)
        {
            return target;
        }

        string said = LastLine(result.Output);
        throw said.Contains("No space left on device", StringComparison.Ordinal) || said.Contains("Disk quota exceeded", StringComparison.Ordinal)
            || result.Output.Contains("No space left on device", StringComparison.Ordinal)
            ? new UserException($"no space is left in {parent} for the unpacked image {image.Path}", "name a larger place: --tmpdir DIRECTORY, or TMPDIR")
            : new UserException($"cannot unpack the image {image.Path}: {said}", "check it: it may be damaged");
    }

    private static string LastLine(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? "unsquashfs said nothing" : lines[^1];
    }
}
