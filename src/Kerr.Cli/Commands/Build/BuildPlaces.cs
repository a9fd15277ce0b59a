using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options.Actions;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Commands.Build;

/// <summary>Where a build puts what is unfinished, and what it keeps for the next.</summary>
internal static class BuildPlaces
{
    private const long Tmpfs = 0x01021994;

    /// <summary>--tmpdir or its variables, TMPDIR, /tmp; /var/tmp where /tmp is memory.</summary>
    internal static string Temporary(Invocation invocation)
    {
        foreach (string? given in (string?[])[invocation.Values.Text(ImageOptions.TmpDir), EnvironmentBlock.Get(invocation.Environment, "TMPDIR")])
        {
            if (!string.IsNullOrEmpty(given))
            {
                return FileSystem.TryStat(given) is { IsDirectory: true }
                    ? FileSystem.Absolute(given, FileSystem.WorkingDirectory() ?? "/")
                    : throw new UserException($"the directory for temporary files does not exist: {given}", "make it, or name another: export APPTAINER_TMPDIR=/large/directory");
            }
        }

        return FileSystem.TypeOf("/tmp") == Tmpfs && FileSystem.IsAccessible("/var/tmp", 3) ? "/var/tmp" : "/tmp";
    }

    /// <summary>The directory of kept results; null, with a warning, where none can be made.</summary>
    internal static string? Cache(IReadOnlyList<string> environment)
    {
        string? given = EnvironmentBlock.Get(environment, "KERR_CACHEDIR") ?? EnvironmentBlock.Get(environment, "APPTAINER_CACHEDIR")
            ?? EnvironmentBlock.Get(environment, "SINGULARITY_CACHEDIR");
        string? home = EnvironmentBlock.Get(environment, "HOME");
        string? parent = !string.IsNullOrEmpty(given) ? given : string.IsNullOrEmpty(home) ? null : home + "/.apptainer";
        if (parent is null)
        {
            return null;
        }

        string path = FileSystem.Absolute(parent, FileSystem.WorkingDirectory() ?? "/") + "/cache/build";
        try
        {
            for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
            {
                if (FileSystem.TryStat(path[..slash]) is null)
                {
                    FileSystem.MakeDirectory(path[..slash], 0x1C0);
                }
            }

            FileSystem.MakeDirectory(path, 0x1C0);
            if (FileSystem.IsAccessible(path, 7))
            {
                return path;
            }
        }
        catch (LinuxException)
        {
            // Told below.
        }

        Log.Warning($"the cache directory {path} cannot be written: results of sections are not kept");
        return null;
    }
}
