using System;
using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Linux;

namespace Kerr.Cli.Options;

/// <summary>Fills in from the environment what the command line left open.</summary>
/// <remarks>
/// For a key X: <c>KERR_X</c>, else <c>APPTAINER_X</c>, else plain <c>X</c> where the option says so, else
/// <c>SINGULARITY_X</c>. Blank values count as unset.
/// </remarks>
internal static class EnvironmentValues
{
    private const int Apptainer = 1, Plain = 2, Singularity = 3;

    private static string Prefix(int rank) => rank switch
    {
        0 => "KERR_",
        Apptainer => "APPTAINER_",
        Plain => "",
        _ => "SINGULARITY_",
    };

    /// <summary>Takes the values of <paramref name="options"/>; <paramref name="notes"/> gets what is worth saying.</summary>
    /// <exception cref="UserException">A variable holds a value that its option cannot take.</exception>
    internal static void Apply(
        IReadOnlyList<string> environment, ReadOnlySpan<Option> options, OptionValues values, List<Note> notes)
    {
        // Walked once: an environment has hundreds of variables, the options have hundreds of names, few are both.
        List<Variable> variables = Candidates(environment, options);

        if (variables.Count == 0)
        {
            return;
        }

        for (int rank = 0; rank <= Singularity; rank++)
        {
            foreach (Option option in options)
            {
                foreach (string key in option.Keys)
                {
                    if ((rank != Plain || option.KeysWithoutPrefix) && Find(variables, rank, key) is { } found)
                    {
                        Apply(option, found, variables, values, notes);
                    }
                }
            }
        }
    }

    private static void Apply(
        Option option, Variable variable, List<Variable> variables, OptionValues values, List<Note> notes)
    {
        string name = Prefix(variable.Rank) + variable.Key;

        for (int better = 0; better < variable.Rank; better++)
        {
            if (better != Plain && Find(variables, better, variable.Key) is { } preferred)
            {
                if (preferred.Value != variable.Value)
                {
                    notes.Add(new Note(LogLevel.Warning,
                        $"{name} and {Prefix(better)}{variable.Key} have different values, using the latter"));
                }

                return;
            }
        }

        if (variable.Rank == Singularity)
        {
            notes.Add(new Note(LogLevel.Verbose, $"{name} is set; the name to prefer is {Prefix(0)}{variable.Key}"));
        }

        string trimmed = AsciiText.Trim(variable.Value);

        if (trimmed.Length == 0 || (!option.EnvironmentAdds && values.IsSet(option)))
        {
            return;
        }

        string? problem = values.Set(
            option, option.EnvironmentAdds ? variable.Value : trimmed, new ValueSource(ValueOrigin.Environment, name));

        if (problem is not null)
        {
            throw new UserException(
                $"environment variable {name}: cannot set --{option.Name} to \"{trimmed}\": {problem}",
                remedy: $"unset {name}");
        }
    }

    private static List<Variable> Candidates(IReadOnlyList<string> environment, ReadOnlySpan<Option> options)
    {
        List<Variable> found = [];
        List<string> plain = PlainKeys(options);

        for (int i = 0; i < environment.Count; i++)
        {
            string entry = environment[i];

            if (entry.Length == 0)
            {
                continue;
            }

            // One look at the first letter passes over nearly everything.
            int rank = entry[0] switch
            {
                'K' when entry.StartsWith(Prefix(0), StringComparison.Ordinal) => 0,
                'A' when entry.StartsWith(Prefix(Apptainer), StringComparison.Ordinal) => Apptainer,
                'S' when entry.StartsWith(Prefix(Singularity), StringComparison.Ordinal) => Singularity,
                _ => Plain,
            };

            int start = Prefix(rank).Length;
            int equals = entry.IndexOf('=', start);

            if (equals > start && (rank != Plain || Contains(plain, entry.AsSpan(0, equals))))
            {
                found.Add(new Variable(rank, entry[start..equals], entry[(equals + 1)..]));
            }
        }

        return found;
    }

    private static List<string> PlainKeys(ReadOnlySpan<Option> options)
    {
        List<string> keys = [];

        foreach (Option option in options)
        {
            if (option.KeysWithoutPrefix)
            {
                keys.AddRange(option.Keys);
            }
        }

        return keys;
    }

    private static bool Contains(List<string> keys, ReadOnlySpan<char> name)
    {
        foreach (string key in keys)
        {
            if (name.SequenceEqual(key))
            {
                return true;
            }
        }

        return false;
    }

    private static Variable? Find(List<Variable> variables, int rank, string key)
    {
        foreach (Variable variable in variables)
        {
            if (variable.Rank == rank && variable.Key == key)
            {
                return variable;
            }
        }

        return null;
    }

    /// <summary>A variable that may set an option.</summary>
    private readonly record struct Variable(int Rank, string Key, string Value);
}
