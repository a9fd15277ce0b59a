using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Registry.Cache;

/// <summary>Where a user's own files lie: <c>~/.apptainer</c>, so that logins and caches made there count here.</summary>
public static class UserDirectory
{
    /// <summary>Of the caller; null where they have none.</summary>
    public static string? Home(IReadOnlyList<string> environment)
        => EnvironmentBlock.Get(environment, "HOME") is { Length: > 0 } home && home.StartsWith('/') ? home : UserDatabase.FindUser(CurrentProcess.EffectiveUserId)?.Home;

    /// <summary>The directory of configuration and logins.</summary>
    public static string? Configuration(IReadOnlyList<string> environment)
        => Named(environment, "CONFIGDIR") ?? (Home(environment) is { } home ? home + "/.apptainer" : null);

    /// <summary>The directory that holds <c>cache</c>.</summary>
    public static string? CacheParent(IReadOnlyList<string> environment)
        => Named(environment, "CACHEDIR") ?? (Home(environment) is { } home ? home + "/.apptainer" : null);

    /// <summary>Where registry logins are looked for, the first first.</summary>
    public static IReadOnlyList<string> CredentialFiles(IReadOnlyList<string> environment, string? authFile)
    {
        if (!string.IsNullOrEmpty(authFile))
        {
            return [authFile];
        }

        var files = new List<string>();
        if (Configuration(environment) is { } own)
        {
            files.Add(own + "/docker-config.json");
        }

        if (EnvironmentBlock.Get(environment, "DOCKER_CONFIG") is { Length: > 0 } docker)
        {
            files.Add(docker + "/config.json");
        }
        else if (Home(environment) is { } home)
        {
            files.Add(home + "/.docker/config.json");
        }

        return files;
    }

    /// <summary>Makes a directory that only its owner may enter, and its parents; one that others may enter is closed to them.</summary>
    /// <exception cref="LinuxException"/>
    public static void MakePrivate(string path)
    {
        const uint Private = 0b111_000_000;
        for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            if (FileSystem.TryStat(path[..slash]) is null)
            {
                FileSystem.MakeDirectory(path[..slash], Private);
            }
        }

        FileSystem.MakeDirectory(path, Private);
        using var directory = FileCalls.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        FileStatus status = FileCalls.Status(directory);
        if ((status.Permissions & 0b000_111_111) != 0 && status.Uid == CurrentProcess.EffectiveUserId)
        {
            FileCalls.SetPermissions(directory, (uint)status.Permissions & Private);
        }
    }

    private static string? Named(IReadOnlyList<string> environment, string key)
    {
        foreach (string prefix in (string[])["KERR_", "APPTAINER_", "SINGULARITY_"])
        {
            if (EnvironmentBlock.Get(environment, prefix + key) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return null;
    }
}
