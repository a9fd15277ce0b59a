using System;
using System.Collections.Generic;
using Kerr.Cli.Commands;
using Kerr.Cli.Options;

namespace Kerr.Cli.Help.Completion;

/// <summary>What can be typed after the words of a command: more words of its group, and options.</summary>
/// <param name="Path">The words, <c>config global</c>; empty at the start.</param>
/// <param name="Aliases">Other words for the same.</param>
/// <param name="Commands">Words that may follow, each with what it does.</param>
/// <param name="Options">Options that may follow; a letter that means something else there is left out.</param>
internal sealed record CompletionState(
    string Path, IReadOnlyList<string> Aliases, IReadOnlyList<KeyValuePair<string, string>> Commands, IReadOnlyList<CompletedOption> Options)
{
    /// <summary>All states, from the declarations of commands and options, hidden ones left out.</summary>
    internal static List<CompletionState> All()
    {
        List<KeyValuePair<string, string>> first = Words("");
        List<CompletionState> states = [new("", [], first, Of(GlobalOptions.All, []))];
        foreach (CommandEntry entry in CommandTable.Entries)
        {
            Command command = entry.Declare();
            if (command.Hidden)
            {
                continue;
            }

            // `explain` and `help` take the words of other commands.
            List<KeyValuePair<string, string>> words = entry.Path switch
            {
                "explain" => first.FindAll(static word => StartsContainers(word.Key)),
                "help" => first,
                CompletionCommand.Name => [.. Array.ConvertAll(CompletionCommand.Shells, static shell => new KeyValuePair<string, string>(shell, $"for {shell}"))],
                _ => Words(entry.Path),
            };
            states.Add(new(entry.Path, OtherWords(entry, command), words, Of(command.Options(), GlobalOptions.Everywhere)));
        }

        return states;
    }

    private static List<KeyValuePair<string, string>> Words(string group)
    {
        List<KeyValuePair<string, string>> words = [];
        foreach (CommandEntry entry in CommandTable.In(group))
        {
            Command command = entry.Declare();
            if (!command.Hidden)
            {
                words.Add(new(entry.Name, command.Summary));
            }
        }

        return words;
    }

    private static List<string> OtherWords(CommandEntry entry, Command command)
    {
        List<string> aliases = entry.Alias is { } alias ? [alias] : [];
        if (entry.Group.Length > 0 && CommandTable.TryFind("", entry.Group.ToString(), out CommandEntry group) && group.Alias is { } other)
        {
            aliases.Add($"{other} {entry.Name}");
        }

        if (command.StartsContainers)
        {
            aliases.Add($"explain {entry.Path}");
        }

        return aliases;
    }

    private static bool StartsContainers(string name) => CommandTable.TryFind("", name, out CommandEntry entry) && entry.Declare().StartsContainers;

    private static List<CompletedOption> Of(Option[] own, Option[] global)
    {
        List<CompletedOption> found = [];
        foreach (Option option in (ReadOnlySpan<Option>)[.. own, GlobalOptions.Help])
        {
            if (!option.Hidden && option.Deprecated is null)
            {
                found.Add(new(option.Name, option.Letter, option.Kind != OptionKind.Flag, option.Help));
            }
        }

        foreach (Option option in global)
        {
            if (!found.Exists(other => other.Name == option.Name))
            {
                char letter = found.Exists(other => other.Letter == option.Letter) ? '\0' : option.Letter;
                found.Add(new(option.Name, letter, option.Kind != OptionKind.Flag, option.Help));
            }
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }
}

/// <summary>An option as a shell offers it.</summary>
internal readonly record struct CompletedOption(string Name, char Letter, bool TakesValue, string Help);
