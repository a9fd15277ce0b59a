using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Build.Sections;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Build.Assembly;

/// <summary>The writable images of Singularity 2: a launch line, then an ext3 file system. Made by e2fsprogs, without a mount.</summary>
public static class Ext3Assembly
{
    private const string LaunchLine = "#!/usr/bin/env run-singularity\n";
    private const long Mebibyte = 1 << 20;

    /// <summary>Makes an image of so many MiB with the files of a directory, or none; it appears whole or not at all.</summary>
    /// <exception cref="UserException">A tool is missing or failed, or there is no space.</exception>
    public static void Create(string target, long size, string? directory, BuildSettings settings)
        => Make(target, size * Mebibyte, directory, settings);

    /// <summary>Makes an image larger by so many MiB.</summary>
    public static void Expand(string path, long more, BuildSettings settings)
    {
        using var workspace = new BuildWorkspace(settings.TemporaryDirectory);
        string unpacked = workspace.Directory("rootfs");
        Make(path, Unpack(path, unpacked, settings) + (more * Mebibyte), unpacked, settings);
    }

    /// <summary>Changes the files of an image: they are unpacked, changed and packed again at the same size.</summary>
    public static void Change(string path, BuildSettings settings, Action<string> change)
    {
        using var workspace = new BuildWorkspace(settings.TemporaryDirectory);
        string unpacked = workspace.Directory("rootfs");
        long size = Unpack(path, unpacked, settings);
        change(unpacked);
        Make(path, size, unpacked, settings);
    }

    /// <summary>The size of its file system in bytes.</summary>
    private static long Unpack(string path, string directory, BuildSettings settings)
    {
        using ImageFile image = ImageFile.Open(FileSystem.Absolute(path, FileSystem.WorkingDirectory() ?? "/"));
        if (image.Kind != ImageKind.Ext3)
        {
            throw new UserException($"{path} is no ext3 image: only those can be changed", $"make one: kerr create {path}, or build anew: kerr build");
        }

        RootPartition root = image.RequireRoot();
        Unpacking.Ext3(settings, image.Path, root.Offset, directory);
        TreeRemoval.Remove(directory + "/lost+found");
        return root.Size;
    }

    private static void Make(string target, long size, string? directory, BuildSettings settings)
    {
        string tool = Unpacking.Tool(settings, "mkfs.ext3", "e2fsprogs");
        try
        {
            using var file = new UnnamedFile(target);
            FileCalls.Write(file.File, 0, Encoding.ASCII.GetBytes(LaunchLine));
            FileCalls.SetLength(file.File, LaunchLine.Length + size);
            List<string> arguments =
            [
                "-q", "-F", "-E", string.Create(CultureInfo.InvariantCulture, $"offset={LaunchLine.Length},root_owner=0:0"),
            ];
            if (directory is not null)
            {
                arguments.AddRange(["-d", directory]);
            }

            arguments.AddRange([$"/proc/self/fd/{ChildProcess.HandedFd}", string.Create(CultureInfo.InvariantCulture, $"{size / 1024}k")]);
            ChildResult result = ChildProcess.Run(tool, arguments, settings.Environment, file.File, settings.Cancel);
            settings.Cancel.ThrowIfCancellationRequested();
            if (!result.Succeeded)
            {
                bool full = result.Output.Contains("ran out of space", StringComparison.OrdinalIgnoreCase) || result.Output.Contains("Could not allocate", StringComparison.Ordinal);
                throw new UserException(
                    full ? $"the files do not fit into {size / Mebibyte} MiB" : $"{tool} ended with status {result.ExitCode}: {result.Output.Trim()}",
                    full ? $"make it larger: kerr expand --size 512 {target}" : null);
            }

            file.Publish();
        }
        catch (LinuxException failure)
        {
            throw new UserException($"could not write {target}: {failure.Message}", "check the directory that it goes to", failure);
        }
    }
}
