using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Build.Sections;

/// <summary>Unpacks file systems into directories, by the tools that know them.</summary>
internal static class Unpacking
{
    private const int NotAll = 2;       // unsquashfs: done, but some attributes or devices could not be made

    /// <summary>Unpacks a squashfs into a directory that is there and empty.</summary>
    internal static void SquashFs(BuildSettings settings, string image, long offset, string directory)
    {
        string tool = Tool(settings, "unsquashfs", "squashfs-tools");
        List<string> arguments =
        [
            "-f", "-n", "-quiet", "-d", directory, "-o", offset.ToString(CultureInfo.InvariantCulture),
        ];
        if (settings.Identity != BuildIdentity.Root || CurrentProcess.EffectiveUserId != 0)
        {
            arguments.Add("-user-xattrs");
        }

        arguments.Add(image);
        ChildResult result = ChildProcess.Run(tool, arguments, settings.Environment, cancel: settings.Cancel);
        settings.Cancel.ThrowIfCancellationRequested();
        if (!result.Succeeded && result is not { Signal: 0, ExitCode: NotAll })
        {
            throw Failed("unsquashfs", image, directory, result);
        }

        if (result.ExitCode == NotAll)
        {
            settings.Messages.Verbose($"unpacking {image}: devices or attributes in it could not be made: {Last(result.Output)}");
        }
    }

    /// <summary>Unpacks an ext3 file system into a directory that is there and empty; needs neither root nor a mount.</summary>
    internal static void Ext3(BuildSettings settings, string image, long offset, string directory)
    {
        string tool = Tool(settings, "debugfs", "e2fsprogs");
        string device = offset == 0 ? image : string.Create(CultureInfo.InvariantCulture, $"{image}?offset={offset}");
        ChildResult result = ChildProcess.Run(tool, ["-R", $"rdump / \"{directory}\"", device], settings.Environment, cancel: settings.Cancel);
        settings.Cancel.ThrowIfCancellationRequested();

        // It tells failures in words only; changing owners fails for everybody but root, and says so.
        foreach (string line in result.Output.Split('\n'))
        {
            if (line.Contains("while ", StringComparison.Ordinal) && !line.Contains("changing ownership", StringComparison.Ordinal)
                && !line.Contains("dumping", StringComparison.Ordinal))
            {
                throw new UserException($"cannot unpack {image}: {line.Trim()}", $"check it: e2fsck -fn {image}");
            }
        }

        if (!result.Succeeded)
        {
            throw Failed("debugfs", image, directory, result);
        }
    }

    internal static string Tool(BuildSettings settings, string name, string package)
        => ChildProcess.Find(name, EnvironmentBlock.Get(settings.Environment, "PATH"))
            ?? throw new UserException($"{name} is not on this host", "apt-get install " + package);

    private static UserException Failed(string tool, string image, string directory, ChildResult result)
        => result.Output.Contains("No space left", StringComparison.Ordinal)
            ? new UserException($"no space is left to unpack {image} in {directory}", "name another place: export APPTAINER_TMPDIR=/large/directory")
            : new UserException($"cannot unpack {image}: {tool} {(result.Signal != 0 ? $"was killed by signal {result.Signal}" : $"ended with status {result.ExitCode}")}: {Last(result.Output)}");

    private static string Last(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "" : lines[^1];
    }
}
