using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Runtime.Configuration;

namespace Kerr.Cli.Options;

/// <summary>Reads options up to the first argument that is none.</summary>
/// <remarks>
/// <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, <c>-n=value</c>, clusters of flags
/// <c>-abc</c>; <c>--</c> ends the options, a lone <c>-</c> is an argument. A command's own options hide global ones of
/// the same name or letter.
/// </remarks>
internal sealed class OptionParser(Option[] own, Option[] global, OptionValues values, List<Note> notes)
{
    /// <summary>Somebody asked for the help.</summary>
    internal bool HelpWanted { get; private set; }

    /// <summary>The option that an unknown one most likely stands for: <c>--contain</c>.</summary>
    internal string? Suggestion { get; private set; }

    /// <summary>Reads options from <paramref name="at"/> on and leaves it behind them.</summary>
    /// <returns>What is wrong with them, or null.</returns>
    internal string? Read(string[] arguments, ref int at)
    {
        while (at < arguments.Length)
        {
            string argument = arguments[at];

            if (argument.Length < 2 || argument[0] != '-')
            {
                return null;
            }

            at++;

            if (argument == "--")
            {
                return null;
            }

            string? problem = argument[1] == '-'
                ? ReadLong(argument, arguments, ref at)
                : ReadCluster(argument, arguments, ref at);

            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private string? ReadLong(string argument, string[] arguments, ref int at)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? argument[2..] : argument[2..equals];

        if (name.Length == 0 || name[0] == '-')
        {
            return $"bad flag syntax: {argument}";
        }

        Option? option = FindByName(own, name) ?? FindByName(global, name);

        if (option is null)
        {
            if (name == GlobalOptions.Help.Name)
            {
                HelpWanted = true;
                return null;
            }

            Suggestion = Nearest(name);
            return $"unknown flag: --{name}";
        }

        if (equals >= 0)
        {
            return Take(option, argument[(equals + 1)..]);
        }

        if (option.Kind == OptionKind.Flag)
        {
            return Take(option, "true");
        }

        return at < arguments.Length ? Take(option, arguments[at++]) : $"flag needs an argument: {argument}";
    }

    private string? ReadCluster(string argument, string[] arguments, ref int at)
    {
        for (int i = 1; i < argument.Length; i++)
        {
            char letter = argument[i];
            Option? option = FindByLetter(own, letter) ?? FindByLetter(global, letter);

            if (option is null)
            {
                if (letter == GlobalOptions.Help.Letter)
                {
                    HelpWanted = true;
                    continue;
                }

                return $"unknown shorthand flag: '{letter}' in -{argument[i..]}";
            }

            string rest = argument[(i + 1)..];

            if (rest.Length > 1 && rest[0] == '=')
            {
                return Take(option, rest[1..]);
            }

            if (option.Kind == OptionKind.Flag)
            {
                if (Take(option, "true") is { } problem)
                {
                    return problem;
                }

                continue;
            }

            if (rest.Length > 0)
            {
                return Take(option, rest);
            }

            return at < arguments.Length
                ? Take(option, arguments[at++])
                : $"flag needs an argument: '{letter}' in -{argument[i..]}";
        }

        return null;
    }

    private string? Take(Option option, string text)
    {
        if (option.Deprecated is not null)
        {
            notes.Add(new Note(LogLevel.Warning, $"--{option.Name} is deprecated: {option.Deprecated}"));
        }

        string? problem = values.Set(option, text, new ValueSource(ValueOrigin.Flag, "--" + option.Name));
        return problem is null ? null : $"invalid argument \"{text}\" for \"{option.Display}\" flag: {problem}";
    }

    private string? Nearest(string name)
    {
        List<string> names = [GlobalOptions.Help.Name];
        foreach (Option option in (ReadOnlySpan<Option>)[.. own, .. global])
        {
            if (!option.Hidden)
            {
                names.Add(option.Name);
            }
        }

        return NearestName.To(name, names) is { } near ? "--" + near : null;
    }

    private static Option? FindByName(Option[] options, string name)
    {
        foreach (Option option in options)
        {
            if (option.Name == name)
            {
                return option;
            }
        }

        return null;
    }

    private static Option? FindByLetter(Option[] options, char letter)
    {
        foreach (Option option in options)
        {
            if (option.Letter == letter)
            {
                return option;
            }
        }

        return null;
    }
}
