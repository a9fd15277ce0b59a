using System;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux.Processes;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands;

/// <summary>The installation and configuration that a command works under.</summary>
internal static class Site
{
    internal static Installation Installation
        => Installation.Find(Environment.GetCommandLineArgs() is [string called, ..] ? called : "kerr");

    /// <summary>The path of the configuration: the installed one, or that of --config.</summary>
    internal static string ConfigurationPath(Invocation invocation, Installation installation)
    {
        string asked = invocation.Values.Text(GlobalOptions.Config);

        return ConfigurationFile.Choose(
            installation, asked.Length > 0 ? asked : null, CurrentProcess.EffectiveUserId == 0);
    }

    /// <summary>Reads the configuration that the global options ask for.</summary>
    internal static SiteConfiguration Configuration(Invocation invocation, Installation installation)
    {
        if (invocation.Values.Flag(GlobalOptions.BuildConfig))
        {
            Log.Debug("using the configuration for builds");

            // Who may not choose another file may not choose this one: what the site forbids stays forbidden.
            bool bound = installation.IsSetuid && CurrentProcess.EffectiveUserId != 0;
            return (bound ? ConfigurationFile.Load(installation.ConfigurationFile) : SiteConfiguration.Default).ForBuilds;
        }

        string path = ConfigurationPath(invocation, installation);

        if (Log.Shows(LogLevel.Debug))
        {
            Log.Debug($"reading configuration file {path}");
        }

        SiteConfiguration configuration = ConfigurationFile.Load(path);

        if (Log.Shows(LogLevel.Verbose))
        {
            foreach (string note in configuration.Notes)
            {
                Log.Verbose(note);
            }
        }

        return configuration;
    }
}
