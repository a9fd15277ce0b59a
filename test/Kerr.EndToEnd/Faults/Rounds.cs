using System;
using System.Globalization;

namespace Kerr.EndToEnd.Faults;

/// <summary>How often a race is run.</summary>
internal static class Rounds
{
    /// <summary>The number for every day, or the share of KERR_RACE_ROUNDS (which stands for 10,000) that is more.</summary>
    public static int Of(int everyDay)
        => int.TryParse(Environment.GetEnvironmentVariable("KERR_RACE_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds)
            ? Math.Max(everyDay, rounds / 20) : everyDay;
}
