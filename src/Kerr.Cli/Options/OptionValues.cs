using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Cli.Options;

/// <summary>The values that a command line and its environment gave, by option, with where each came from.</summary>
internal sealed class OptionValues
{
    // A command line sets a handful of the hundred options, so a short list beats a table.
    private readonly List<Slot> _slots = [];

    /// <summary>Whether command line or environment gave a value.</summary>
    internal bool IsSet(Option option) => Find(option) is not null;

    internal bool Flag(Option option) => Find(option)?.Flag ?? DefaultFlag(option);

    internal string Text(Option option) => Find(option)?.Text ?? option.Default;

    internal int Number(Option option)
        => Find(option)?.Number ?? (ValueSyntax.TryNumber(option.Default, out int number) ? number : 0);

    /// <summary>The values of a list or repeated option, in their order.</summary>
    internal IReadOnlyList<string> Items(Option option) => Find(option)?.Items ?? (IReadOnlyList<string>)[];

    /// <summary>Where each of <see cref="Items"/>, or each of <see cref="Pairs"/>, came from.</summary>
    internal IReadOnlyList<ValueSource> Sources(Option option) => Find(option)?.Sources ?? (IReadOnlyList<ValueSource>)[];

    /// <summary>The pairs of a map, each name once, in the order of their first mention.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Pairs(Option option)
        => Find(option)?.Pairs ?? (IReadOnlyList<KeyValuePair<string, string>>)[];

    /// <summary>Where the value came from: of several, the last one.</summary>
    internal ValueSource Source(Option option) => Find(option)?.Source ?? ValueSource.Default;

    /// <summary>The options that have a value, in the order in which they got it.</summary>
    internal IEnumerable<Option> Options
    {
        get
        {
            foreach (Slot slot in _slots)
            {
                yield return slot.Option;
            }
        }
    }

    /// <summary>Takes one value.</summary>
    /// <returns>What is wrong with the text, or null.</returns>
    internal string? Set(Option option, string text, ValueSource source)
    {
        Slot? slot = Find(option);
        Slot target = slot ?? new Slot(option);
        string? problem = target.Take(text, source);

        if (problem is null)
        {
            target.Source = source;

            if (slot is null)
            {
                _slots.Add(target);
            }
        }

        return problem;
    }

    private static bool DefaultFlag(Option option) => ValueSyntax.TryFlag(option.Default, out bool value) && value;

    private Slot? Find(Option option)
    {
        foreach (Slot slot in _slots)
        {
            if (ReferenceEquals(slot.Option, option))
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>What one option holds; which member counts depends on its kind.</summary>
    private sealed class Slot(Option option)
    {
        internal Option Option { get; } = option;

        internal ValueSource Source { get; set; }

        internal bool Flag { get; private set; }

        internal int Number { get; private set; }

        internal string Text { get; private set; } = "";

        internal List<string>? Items { get; private set; }

        internal List<KeyValuePair<string, string>>? Pairs { get; private set; }

        internal List<ValueSource>? Sources { get; private set; }

        internal string? Take(string text, ValueSource source)
        {
            switch (Option.Kind)
            {
                case OptionKind.Flag:
                    if (!ValueSyntax.TryFlag(text, out bool flag))
                    {
                        return "neither true nor false";
                    }

                    Flag = flag;
                    return null;

                case OptionKind.Number:
                    if (!ValueSyntax.TryNumber(text, out int number))
                    {
                        return "not a whole number";
                    }

                    Number = number;
                    return null;

                case OptionKind.List:
                    if (ValueSyntax.Fields(text) is not { } fields)
                    {
                        return "quotes do not match";
                    }

                    foreach (string field in fields)
                    {
                        // Lists in variables are often written with a blank after the comma.
                        AddItem(source.Origin == ValueOrigin.Environment ? AsciiText.Trim(field) : field, source);
                    }

                    Items ??= [];
                    return null;

                case OptionKind.Repeated:
                    AddItem(text, source);
                    return null;

                case OptionKind.Map:
                    if (ValueSyntax.Pairs(text) is not { } pairs)
                    {
                        return $"{text} must be formatted as key=value";
                    }

                    foreach (KeyValuePair<string, string> pair in pairs)
                    {
                        AddPair(pair, source);
                    }

                    return null;

                default:
                    Text = text;
                    return null;
            }
        }

        private void AddItem(string item, ValueSource source)
        {
            (Items ??= []).Add(item);
            (Sources ??= []).Add(source);
        }

        private void AddPair(KeyValuePair<string, string> pair, ValueSource source)
        {
            Pairs ??= [];
            Sources ??= [];

            for (int i = 0; i < Pairs.Count; i++)
            {
                if (Pairs[i].Key == pair.Key)
                {
                    Pairs[i] = pair;
                    Sources[i] = source;
                    return;
                }
            }

            Pairs.Add(pair);
            Sources.Add(source);
        }
    }
}
