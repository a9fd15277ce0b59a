using System;
using System.Collections.Generic;
using Kerr.Cli.Options;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Console;

/// <summary>How much the user wants to hear.</summary>
internal static class Verbosity
{
    private static readonly string[] s_variables = ["KERR_MESSAGELEVEL", "APPTAINER_MESSAGELEVEL", "SINGULARITY_MESSAGELEVEL"];

    /// <summary>--debug before --verbose before --quiet before --silent, else <c>MESSAGELEVEL</c>, which only raises.</summary>
    /// <param name="problem">What is wrong with the variable that counts, or null.</param>
    internal static LogLevel Of(OptionValues values, IReadOnlyList<string> environment, out string? problem)
    {
        problem = null;
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

        foreach (string name in s_variables)
        {
            if (EnvironmentBlock.Get(environment, name) is not { Length: > 0 } wanted)
            {
                continue;
            }

            if (ValueSyntax.TryNumber(wanted, out int level))
            {
                return (LogLevel)Math.Clamp(level, (int)LogLevel.Info, (int)LogLevel.Debug);
            }

            problem = $"environment variable {name}: \"{wanted}\" is no number from 1 (default) to 5 (debug)";
            break;
        }

        return LogLevel.Info;
    }
}
