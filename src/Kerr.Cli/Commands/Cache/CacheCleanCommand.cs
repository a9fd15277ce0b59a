using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Processes;
using Kerr.Registry.Cache;

namespace Kerr.Cli.Commands.Cache;

/// <summary><c>cache clean</c>: makes room.</summary>
internal static class CacheCleanCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Remove what the cache holds",
        Synopsis = "[options]",
        Examples = "kerr cache clean\nkerr cache clean --days 30 --type blob,oci",
        Arity = Arity.Exactly(0),
        Options = static () => CacheOptions.Clean,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        OptionValues values = invocation.Values;
        string root = CacheGroup.Root(invocation);
        List<CacheKind> kinds = CacheGroup.Kinds(values);
        bool dry = values.Flag(CacheOptions.DryRun);
        int days = values.Number(CacheOptions.Days);
        if (days < 0)
        {
            throw new UserException($"{days} is no number of days", "give 0 or more: --days 30");
        }

        if (dry)
        {
            Log.Info("User requested a dry run. Not actually deleting any data!");
        }
        else if (!values.Flag(CacheOptions.Force) && !Confirmed(root))
        {
            Log.Info("Handle cleanup canceled");
            return 0;
        }

        long before = days == 0 ? long.MaxValue : DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (days * 86400L);
        long count = 0, bytes = 0;
        foreach (CacheKind kind in kinds)
        {
            foreach (CacheEntry entry in CacheEntries.Of(root, kind))
            {
                if (entry.ModifiedAt > before)
                {
                    continue;
                }

                if (dry)
                {
                    Log.Info($"would remove {entry.Path}");
                }

                bool removed = dry || CacheEntries.Remove(entry);
                (count, bytes) = removed ? (count + 1, bytes + entry.Size) : (count, bytes);
            }
        }

        Log.Info($"{(dry ? "would remove" : "removed")} {count} file(s), {CacheGroup.Size(bytes)}");
        return 0;
    }

    private static bool Confirmed(string root)
    {
        Log.Raw($"This will delete everything of these kinds in your cache {root}.\nHint: You can see exactly what would be deleted by canceling and using the --dry-run option.\n");
        return Terminal.Answer("Do you want to continue? [y/N] ") is "y" or "Y";
    }
}
