using System;
using System.Collections.Generic;
using System.Threading;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Registry.Auth;
using Kerr.Registry.Cache;
using Kerr.Registry.Distribution;
using Kerr.Registry.References;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands.Transfers;

/// <summary>What the options, variables and files of a caller say about registries and the cache.</summary>
internal static class TransferSetup
{
    internal static RegistryOptions Options(Invocation invocation, SiteConfiguration configuration, CancellationToken cancel = default)
    {
        OptionValues values = invocation.Values;
        IReadOnlyList<string> environment = invocation.Environment;
        return new RegistryOptions
        {
            NoHttps = values.Flag(ImageOptions.NoHttps) || values.Flag(ImageOptions.OldNoHttps),
            Credential = Credential(values),
            CredentialFiles = UserDirectory.CredentialFiles(environment, values.Text(ImageOptions.AuthFile)),
            Registries = RegistriesConf.Load(EnvironmentBlock.Get(environment, "CONTAINERS_REGISTRIES_CONF"), UserDirectory.Home(environment)),
            Concurrency = (int)Setting(environment, "DOWNLOAD_CONCURRENCY", configuration.DownloadConcurrency, 64),
            PartSize = Setting(environment, "DOWNLOAD_PART_SIZE", configuration.DownloadPartSize, 1L << 40),
            Environment = environment,
            UserAgent = $"kerr/{Release.Number}",
            Cancel = cancel,
            Tell = static text => Log.Verbose(text),
        };
    }

    /// <summary>The caller's cache; null where it is turned off, or cannot be used.</summary>
    internal static ImageCache? Cache(Invocation invocation, SiteConfiguration configuration)
    {
        if (invocation.Values.Flag(ImageOptions.DisableCache))
        {
            return null;
        }

        try
        {
            string? parent = UserDirectory.CacheParent(invocation.Environment);
            if (parent is not null)
            {
                return ImageCache.Open(parent, Policy(invocation, configuration));
            }

            Log.Warning("going on without a cache: the caller has no home directory");
        }
        catch (LinuxException failure)
        {
            Log.Warning($"going on without a cache: {failure.Message}");
        }

        return null;
    }

    private static CachePolicy Policy(Invocation invocation, SiteConfiguration configuration)
    {
        const string Variable = "KERR_CACHE_QUOTA";
        string? beneath = null;
        if (configuration.SiteCache.Length > 0)
        {
            beneath = CachePolicy.Trusted(configuration.SiteCache, out string? reason);
            if (reason is not null)
            {
                Log.Warning($"going on without the site's cache {configuration.SiteCache}: {reason}");
            }
        }

        string own = EnvironmentBlock.Get(invocation.Environment, Variable) ?? "";
        string quota = own.Length > 0 ? own : configuration.CacheQuota;
        return new CachePolicy(beneath, quota.Length == 0 ? 0 : CachePolicy.ParseSize(quota, own.Length > 0 ? Variable : "cache quota"));
    }

    /// <summary>The name and password of the command line, or asked for at the terminal.</summary>
    private static Credential? Credential(OptionValues values)
    {
        string user = values.Text(ImageOptions.DockerUsername), password = values.Text(ImageOptions.DockerPassword);
        if (values.Flag(ImageOptions.DockerLogin))
        {
            user = Terminal.Ask("Enter Docker Username: ", hidden: false);
            password = Terminal.Ask("Enter Docker Password: ", hidden: true);
        }

        return user.Length > 0 && password.Length > 0 ? new Credential(ByteText.ToUnicode(user), ByteText.ToUnicode(password)) : null;
    }

    /// <summary>A number from the environment, else from the configuration.</summary>
    private static long Setting(IReadOnlyList<string> environment, string key, long configured, long most)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["KERR_", "APPTAINER_", "SINGULARITY_"])
        {
            if (long.TryParse(EnvironmentBlock.Get(environment, prefix + key), out long asked) && asked > 0)
            {
                return Math.Min(asked, most);
            }
        }

        return Math.Clamp(configured, 1, most);
    }
}
