using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Cli.Commands;
using Kerr.Cli.Options;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Help;

/// <summary>Man pages, section 1, from the declarations that the help is made from; see man(7) and groff_char(7).</summary>
internal static class ManPage
{
    private static readonly ProgramName s_program = new("kerr");

    /// <summary>The pages: kerr, and one per command that is not hidden, <c>kerr-config-global</c>.</summary>
    internal static IEnumerable<(string Name, string Path, Command Command)> All()
    {
        yield return ("kerr", "", ProgramCommand.Declaration);
        foreach (CommandEntry entry in CommandTable.Entries.ToArray())
        {
            Command command = entry.Declare();
            if (!command.Hidden)
            {
                yield return ("kerr-" + entry.Path.Replace(' ', '-'), entry.Path, command);
            }
        }
    }

    internal static string Of(string name, string path, Command command)
    {
        StringBuilder page = new();
        page.Append(".TH ").Append(Text(name.ToUpperInvariant())).Append(" 1 \"\" \"kerr ").Append(Text(Release.Number)).Append("\" \"\"\n");
        page.Append(".SH NAME\n").Append(Text(name)).Append(" \\- ").Append(Text(char.ToLowerInvariant(command.Summary[0]) + command.Summary[1..])).Append('\n');
        page.Append(".SH SYNOPSIS\n").Append(Text(HelpText.UsageLine(s_program, path, command))).Append('\n');
        Paragraphs(page, "DESCRIPTION", command.Description);
        Commands(page, path, command);
        Option[] own = path.Length == 0 ? GlobalOptions.All : command.Options();
        Options(page, "OPTIONS", [GlobalOptions.Help, .. own], [], command.StartsContainers);
        if (path.Length > 0)
        {
            Options(page, "GLOBAL OPTIONS", GlobalOptions.Everywhere, own, marked: false);
        }

        Paragraphs(page, "ENVIRONMENT",
            "An option with names in brackets is set by a variable, too: KERR_ and the name, else APPTAINER_, else SINGULARITY_. "
            + "The command line wins, but for --bind and --mount, to which variables add.");
        Paragraphs(page, "EXIT STATUS", ExitStatus(command));
        Examples(page, command.Examples);
        SeeAlso(page, name, path);
        return page.ToString();
    }

    private static string ExitStatus(Command command)
        => command.StartsContainers
            ? "That of the payload; 255 when the container cannot be started; 1 when the command line is wrong or the image has nothing to run."
            : $"0 when it succeeds, {command.FailureCode} when it fails, 1 when the command line is wrong.";

    private static void Paragraphs(StringBuilder page, string title, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        page.Append(".SH ").Append(title).Append('\n');
        bool first = true;
        foreach (string paragraph in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            page.Append(first ? "" : ".PP\n").Append(Text(paragraph)).Append('\n');
            first = false;
        }
    }

    private static void Commands(StringBuilder page, string path, Command command)
    {
        if (command.Run is not null && CommandTable.In(path).Count == 0)
        {
            return;
        }

        page.Append(".SH COMMANDS\n");
        foreach (CommandEntry entry in CommandTable.In(path))
        {
            Command listed = entry.Declare();
            if (!listed.Hidden)
            {
                page.Append(".TP\n.B ").Append(Text(entry.Name)).Append('\n').Append(Text(listed.Summary)).Append('\n');
            }
        }
    }

    private static void Options(StringBuilder page, string title, Option[] options, Option[] hiding, bool marked)
    {
        List<Option> shown = [];
        foreach (Option option in options)
        {
            if (!option.Hidden && option.Deprecated is null)
            {
                shown.Add(option);
            }
        }

        shown.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        page.Append(".SH ").Append(title).Append('\n');
        foreach (Option option in shown)
        {
            bool letter = option.Letter != '\0' && !Array.Exists(hiding, other => other.Letter == option.Letter);
            string keys = option.Keys.Length == 0 ? "" : $" [{string.Join(", ", option.Keys)}]";
            page.Append(".TP\n").Append(letter ? $"\\fB\\-{option.Letter}\\fR, " : "").Append("\\fB").Append(Text("--" + option.Name)).Append("\\fR")
                .Append(option.ValueName.Length == 0 ? "" : $" \\fI{Text(option.ValueName)}\\fR").Append('\n')
                .Append(Text(option.Help + (marked ? HelpText.Mark(option) : "") + keys)).Append('\n');
        }
    }

    private static void Examples(StringBuilder page, string examples)
    {
        if (examples.Length == 0)
        {
            return;
        }

        page.Append(".SH EXAMPLES\n.nf\n");
        foreach (string line in examples.Split('\n'))
        {
            page.Append(Text(line)).Append('\n');
        }

        page.Append(".fi\n");
    }

    private static void SeeAlso(StringBuilder page, string self, string path)
    {
        List<string> pages = [];
        foreach ((string name, string other, _) in All())
        {
            bool near = path.Length == 0 || other.Length == 0 || other.StartsWith(path + " ", StringComparison.Ordinal)
                || path.StartsWith(other + " ", StringComparison.Ordinal);
            if (near && name != self)
            {
                pages.Add($"\\fB{Text(name)}\\fR(1)");
            }
        }

        page.Append(".SH SEE ALSO\n").AppendJoin(",\n", pages).Append('\n');
    }

    /// <summary>Text that the formatter takes as it stands: no escape, no request at the start of a line, a dash that can be pasted.</summary>
    private static string Text(string text)
    {
        StringBuilder safe = new(text.Length + 16);
        foreach (char character in text)
        {
            safe.Append(character switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '\'' => "\\(aq",
                '`' => "\\(ga",
                '^' => "\\(ha",
                '~' => "\\(ti",
                _ => character.ToString(),
            });
        }

        return safe.Length > 0 && safe[0] == '.' ? "\\&" + safe : safe.ToString();
    }
}
