using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;
using Kerr.Registry.Remotes;

namespace Kerr.Cli.Commands.Remotes;

/// <summary>The files of remote endpoints that a command works on: the caller's, and the site's beside the configuration.</summary>
internal static class RemoteStore
{
    /// <summary>The site's file.</summary>
    internal static string SitePath => $"{Site.Installation.ConfDir}/{RemoteFile.Name}";

    /// <summary>The caller's file, made empty where there is none, closed to others.</summary>
    internal static string OwnPath(Invocation invocation)
    {
        string asked = invocation.Values.Text(RemoteOptions.Config);
        string path = asked.Length > 0 ? asked : $"{Directory(invocation)}/{RemoteFile.Name}";
        if (FileSystem.TryStat(path) is not { } status)
        {
            new RemoteFile().Save(path, forAll: false);
        }
        else if ((status.Permissions & 0b000_111_111) != 0 && status.Uid == CurrentProcess.EffectiveUserId && status.IsRegular)
        {
            // It holds tokens.
            using var file = FileCalls.Open(path, OpenFlags.O_RDONLY);
            FileCalls.SetPermissions(file, 0b110_000_000);
        }

        return path;
    }

    internal static RemoteFile SiteFile() => FileSystem.TryStat(SitePath) is null ? RemoteConfiguration.BuiltIn() : RemoteFile.Load(SitePath);

    /// <summary>What the caller can use. Where no file of theirs can be made, as with a home that is read-only or missing, that is the site's.</summary>
    internal static RemoteConfiguration Configuration(Invocation invocation)
    {
        string path;
        try
        {
            path = OwnPath(invocation);
        }
        catch (UserException failure)
        {
            Console.Log.Verbose($"going on with the site's remote endpoints: {failure.Message}");
            return new RemoteConfiguration(new RemoteFile(), SiteFile());
        }

        return new RemoteConfiguration(RemoteFile.Load(path), SiteFile());
    }

    /// <exception cref="UserException">The caller may not change the site's file.</exception>
    internal static void NeedSite(string what)
    {
        if (CurrentProcess.EffectiveUserId != 0 && !FileSystem.IsAccessible(FileSystem.TryStat(SitePath) is null ? Site.Installation.ConfDir : SitePath, 2))
        {
            throw new UserException($"Unable to modify {what}: not root user", "run the command as root");
        }
    }

    /// <summary>Where what endpoints said is kept; null where the caller has no directory.</summary>
    internal static string? CacheDirectory(Invocation invocation)
        => UserDirectory.Configuration(invocation.Environment) is { } directory ? directory + "/remote-cache" : null;

    /// <summary>How endpoints are asked: once, and not for long, as these commands answer a person.</summary>
    internal static RegistryOptions Options(Invocation invocation)
    {
        RegistryOptions options = Transfers.TransferSetup.Options(invocation, Site.Configuration(invocation, Site.Installation));
        return options with { Retry = options.Retry with { Attempts = 1, Stall = System.TimeSpan.FromSeconds(10) } };
    }

    private static string Directory(Invocation invocation)
    {
        string directory = UserDirectory.Configuration(invocation.Environment)
            ?? throw new UserException("there is no place for remote endpoints: the caller has no home directory", "name a file: --config FILE");
        try
        {
            UserDirectory.MakePrivate(directory);
            return directory;
        }
        catch (LinuxException failure)
        {
            throw new UserException($"there is no place for remote endpoints: {failure.Message}", "name a file: --config FILE, or another directory: APPTAINER_CONFIGDIR", failure);
        }
    }
}
