using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Cli.Commands;
using Kerr.Cli.Options;

namespace Kerr.Cli.Help;

/// <summary>What --help and usage errors show, made from the declarations of commands and options.</summary>
internal static class HelpText
{
    // Wider flags get their description on the next line.
    private const int FlagColumn = 30;

    /// <summary>Everything about a command.</summary>
    internal static string Of(ProgramName program, string path, Command command)
    {
        StringBuilder text = new();
        text.Append(command.Summary).Append("\n\nUsage:\n  ").Append(UsageLine(program, path, command)).Append('\n');

        if (command.Description.Length > 0)
        {
            text.Append("\nDescription:\n");
            TextLayout.AppendParagraphs(text, command.Description, 2);
        }

        if (path.Length > 0)
        {
            Option[] own = command.Options();
            AppendOptions(text, "\nOptions:\n", own, withHelp: true, marked: command.StartsContainers);
            AppendOptions(text, "\nGlobal Options:\n", GlobalOptions.Everywhere, withHelp: false, hiding: own);
        }
        else
        {
            AppendOptions(text, "\nOptions:\n", GlobalOptions.All, withHelp: true);
        }

        if (command.Run is null || CommandTable.In(path).Count > 0)
        {
            AppendCommands(text, path);
        }

        if (command.Examples.Length > 0)
        {
            text.Append("\nExamples:\n");

            foreach (string line in command.Examples.Split('\n'))
            {
                text.Append(line.Length > 0 ? "  " : "").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The short form: how it is called, and the commands of a group.</summary>
    internal static string Usage(ProgramName program, string path, Command command)
    {
        StringBuilder text = new(UsageOnly(program, path, command));

        if (command.Run is null || CommandTable.In(path).Count > 0)
        {
            AppendCommands(text, path);
        }

        return text.ToString();
    }

    /// <summary>What an option's line in the help says about what this version makes of it; else nothing.</summary>
    internal static string Mark(Option option) => option.Support switch
    {
        OptionSupport.Refused => " (refused by this version)",
        OptionSupport.Ignored => " (no effect in this version)",
        _ => "",
    };

    /// <summary>What is printed after a command line that was not understood.</summary>
    internal static string OfUsageError(ProgramName program, UsageException error)
    {
        string name = error.Path.Length == 0 ? program.Name : error.Path[(error.Path.LastIndexOf(' ') + 1)..];
        StringBuilder text = new();
        text.Append("Error for command \"").Append(name).Append("\": ").Append(error.Message).Append('\n');
        text.Append(error.Hint is null ? "" : $"Did you mean {error.Hint}?\n").Append('\n');

        // The reason must not scroll away: of all that help says, the form of the command alone.
        text.Append(error.AboutOptions ? UsageOnly(program, error.Path, error.Command) : Usage(program, error.Path, error.Command));
        return text.Append("\nRun '").Append(program.WithPath(error.Path))
            .Append(" --help' for more detailed usage information.\n").ToString();
    }

    private static string UsageOnly(ProgramName program, string path, Command command)
        => $"Usage:\n  {UsageLine(program, path, command)}\n";

    internal static string UsageLine(ProgramName program, string path, Command command)
    {
        string line = program.WithPath(path);
        line = command.Synopsis.Length > 0 ? $"{line} {command.Synopsis}" : line;
        return command.Run is null ? $"{line} <command>" : line;
    }

    private static void AppendCommands(StringBuilder text, string group)
    {
        List<CommandEntry> entries = CommandTable.In(group);
        int width = 0;

        foreach (CommandEntry entry in entries)
        {
            width = Math.Max(width, entry.Name.Length);
        }

        text.Append("\nAvailable Commands:\n");

        foreach (CommandEntry entry in entries)
        {
            Command command = entry.Declare();

            if (!command.Hidden)
            {
                text.Append("  ").Append(entry.Name.PadRight(width + 2)).Append(command.Summary).Append('\n');
            }
        }
    }

    // A letter that the command has itself is not shown for a global option, since it does not mean that there.
    private static void AppendOptions(
        StringBuilder text, string title, Option[] options, bool withHelp, Option[]? hiding = null, bool marked = false)
    {
        List<Option> shown = withHelp ? [GlobalOptions.Help] : [];

        foreach (Option option in options)
        {
            if (!option.Hidden && option.Deprecated is null)
            {
                shown.Add(option);
            }
        }

        shown.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));

        if (shown.Count > 0)
        {
            text.Append(title);
        }

        foreach (Option option in shown)
        {
            bool hidden = hiding is not null && Array.Exists(hiding, other => other.Letter == option.Letter);
            AppendOption(text, option, withLetter: !hidden, marked);
        }
    }

    private static void AppendOption(StringBuilder text, Option option, bool withLetter, bool marked)
    {
        string letter = option.Letter == '\0' || !withLetter ? "    " : $"-{option.Letter}, ";
        string flag = $"  {letter}--{option.Name}{(option.ValueName.Length > 0 ? " " : "")}{option.ValueName}";
        text.Append(flag);

        if (flag.Length > FlagColumn - 2)
        {
            text.Append('\n').Append(' ', FlagColumn);
        }
        else
        {
            text.Append(' ', FlagColumn - flag.Length);
        }

        string keys = option.Keys.Length == 0 ? "" : $" [{string.Join(", ", option.Keys)}]";
        TextLayout.AppendWrapped(text, option.Help + (marked ? Mark(option) : "") + keys, FlagColumn);
        text.Append('\n');
    }
}
