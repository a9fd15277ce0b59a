using System;
using System.Collections.Generic;
using Kerr.Cli.Commands.Actions;
using Kerr.Cli.Commands.Cache;
using Kerr.Cli.Commands.Capability;
using Kerr.Cli.Commands.Config;
using Kerr.Cli.Commands.Legacy;
using Kerr.Cli.Commands.Overlay;
using Kerr.Cli.Commands.Registries;
using Kerr.Cli.Commands.Sif;
using Kerr.Cli.Commands.Trace;
using Kerr.Cli.Commands.Transfers;
using Kerr.Cli.Options;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Commands;

/// <summary>All commands, a line each, in the order of the help.</summary>
internal static class CommandTable
{
    private static readonly CommandEntry[] s_entries =
    [
        new("apps", ImageCommands.Apps),
        new("bootstrap", ImageCommands.Bootstrap),
        new("build", BuildCommand.Declare),
        new("buildcfg", BuildcfgCommand.Declare),
        new("cache", CacheGroup.Declare),
        new("cache clean", CacheCleanCommand.Declare),
        new("cache list", CacheListCommand.Declare),
        new("capability", CapabilityGroup.Declare, Alias: "caps"),
        new("capability add", CapabilityChange.DeclareAdd),
        new("capability avail", CapabilityAvailCommand.Declare),
        new("capability drop", CapabilityChange.DeclareDrop),
        new("capability list", CapabilityListCommand.Declare),
        new(CompletionCommand.Name, CompletionCommand.Declare),
        new("confgen", ConfgenCommand.Declare),
        new("config", ConfigGroup.Declare),
        new("config global", ConfigGlobalCommand.Declare),
        new("create", ImageCommands.Create, Alias: "image.create"),
        new("exec", ExecCommand.Declare),
        new("expand", ImageCommands.Expand, Alias: "image.expand"),
        new("explain", ExplainCommand.Declare),
        new("export", ImageCommands.Export, Alias: "image.export"),
        new("help", HelpCommand.Declare),
        new("import", ImageCommands.Import, Alias: "image.import"),
        new("inspect", InspectCommand.Declare),
        new("manpage", ManPageCommand.Declare),
        new("overlay", OverlayGroup.Declare),
        new("overlay create", CreateCommand.Declare),
        new("pull", PullCommand.Declare),
        new("push", PushCommand.Declare),
        new("registry", RegistryGroup.Declare),
        new("registry list", RegistryListCommand.Declare),
        new("registry login", RegistryLoginCommand.Declare),
        new("registry logout", RegistryLogoutCommand.Declare),
        new("run", RunCommand.Declare),
        new("run-help", RunHelpCommand.Declare),
        new("sandbox-keeper", SandboxKeeperCommand.Declare),
        new("shell", ShellCommand.Declare),
        new("sif", SifGroup.Declare, Alias: "siftool"),
        new("sif add", AddCommand.Declare),
        new("sif del", DelCommand.Declare),
        new("sif dump", DumpCommand.Declare),
        new("sif header", HeaderCommand.Declare),
        new("sif info", InfoCommand.Declare),
        new("sif list", ListCommand.Declare),
        new("sif new", NewCommand.Declare),
        new("sif setprim", SetprimCommand.Declare),
        new("test", TestCommand.Declare),
        new("trace", TraceCommand.Declare),
        new("trace collect", TraceCollectCommand.Declare),
        new("trace head", TraceVerifyCommand.DeclareHead),
        new("trace verify", TraceVerifyCommand.DeclareVerify),
        new("version", VersionCommand.Declare),
    ];

    internal static ReadOnlySpan<CommandEntry> Entries => s_entries;

    /// <summary>The command of that word in a group; the empty group is the program itself.</summary>
    internal static bool TryFind(string group, string word, out CommandEntry found)
    {
        foreach (CommandEntry entry in s_entries)
        {
            if (entry.Group.SequenceEqual(group) && (entry.Alias == word || entry.Name == word))
            {
                found = entry;
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>A word that is no command of a group: one of the peers' that is not there, or a typing error.</summary>
    internal static UsageException Unknown(ProgramName program, string group, Command command, string word)
    {
        if (MissingCommands.Has(group, word))
        {
            return new UsageException($"the command \"{word}\" is not in this version", group, command);
        }

        List<string> names = In(group).ConvertAll(static entry => entry.Name);
        return new UsageException($"unknown command \"{word}\" for \"{program.WithPath(group)}\"", group, command)
        {
            Hint = NearestName.To(word, names) is { } near ? program.WithPath(group.Length == 0 ? near : $"{group} {near}") : null,
        };
    }

    /// <summary>The commands of a group.</summary>
    internal static List<CommandEntry> In(string group)
    {
        List<CommandEntry> found = [];

        foreach (CommandEntry entry in s_entries)
        {
            if (entry.Group.SequenceEqual(group))
            {
                found.Add(entry);
            }
        }

        return found;
    }
}
