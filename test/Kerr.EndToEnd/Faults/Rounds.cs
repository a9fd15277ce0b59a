using System;
using System.Globalization;

namespace Kerr.EndToEnd.Faults;

/// <summary>How often a race is run, and how much is damaged at random.</summary>
internal static class Rounds
{
    /// <summary>The number for every day, or the share of KERR_RACE_ROUNDS (which stands for 10,000) that is more.</summary>
    /// <param name="everyDay">The number for every day.</param>
    /// <param name="tests">How many tests share the rounds.</param>
    public static int Of(int everyDay, int tests = 20)
        => int.TryParse(Environment.GetEnvironmentVariable("KERR_RACE_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds)
            ? Math.Max(everyDay, rounds / tests) : everyDay;

    /// <summary>The number for every day, times KERR_MUTATION_ROUNDS.</summary>
    public static int OfMutation(int everyDay)
        => everyDay * (int.TryParse(Environment.GetEnvironmentVariable("KERR_MUTATION_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int times) ? times : 1);
}
