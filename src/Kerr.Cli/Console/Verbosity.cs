using System;
using System.Collections.Generic;
using Kerr.Cli.Options;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Console;

/// <summary>How much the user wants to hear.</summary>
internal static class Verbosity
{
    /// <summary>--debug before --verbose before --quiet before --silent, else <c>MESSAGELEVEL</c>, which only raises.</summary>
    internal static LogLevel Of(OptionValues values, IReadOnlyList<string> environment)
    {
        if (values.Flag(GlobalOptions.Debug))
        {
            return LogLevel.Debug;
        }

        if (values.Flag(GlobalOptions.Verbose))
        {
            return LogLevel.MostVerbose;
        }

        if (values.Flag(GlobalOptions.Quiet))
        {
            return LogLevel.Quiet;
        }

        if (values.Flag(GlobalOptions.Silent))
        {
            return LogLevel.Error;
        }

        string? wanted = EnvironmentBlock.Get(environment, "KERR_MESSAGELEVEL")
            ?? EnvironmentBlock.Get(environment, "APPTAINER_MESSAGELEVEL")
            ?? EnvironmentBlock.Get(environment, "SINGULARITY_MESSAGELEVEL");

        return wanted is not null && ValueSyntax.TryNumber(wanted, out int level)
            ? (LogLevel)Math.Clamp(level, (int)LogLevel.Info, (int)LogLevel.Debug)
            : LogLevel.Info;
    }
}
