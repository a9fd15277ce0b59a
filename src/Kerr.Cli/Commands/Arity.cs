namespace Kerr.Cli.Commands;

/// <summary>How many arguments a command takes.</summary>
internal readonly record struct Arity(int Least, int Most)
{
    internal static Arity Any => new(0, int.MaxValue);

    internal static Arity Exactly(int count) => new(count, count);

    internal static Arity AtLeast(int count) => new(count, int.MaxValue);

    internal static Arity Between(int least, int most) => new(least, most);

    /// <summary>What is wrong with a number of arguments, or null; the words are those that the peers print.</summary>
    internal string? Problem(int count)
    {
        if (count >= Least && count <= Most)
        {
            return null;
        }

        if (Least == Most)
        {
            return $"accepts {Least} arg(s), received {count}";
        }

        if (Most == int.MaxValue)
        {
            return $"requires at least {Least} arg(s), only received {count}";
        }

        return Least == 0
            ? $"accepts at most {Most} arg(s), received {count}"
            : $"accepts between {Least} and {Most} arg(s), received {count}";
    }
}
