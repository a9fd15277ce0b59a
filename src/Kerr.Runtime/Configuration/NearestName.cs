using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Configuration;

/// <summary>What somebody who mistyped a name most likely meant.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest letters to change; null when all are far off.</summary>
    public static string? To(string name, IReadOnlyList<string> known)
    {
        string? nearest = null;
        int least = Math.Min(Math.Max(2, name.Length / 3), name.Length / 2) + 1;     // of two letters, one must be right

        if (name.Length > 64)
        {
            return null;
        }

        foreach (string candidate in known)
        {
            int distance = Distance(name, candidate);

            if (distance < least)
            {
                least = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    // Levenshtein's distance, a row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];

        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;

            for (int j = 1; j <= b.Length; j++)
            {
                int changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
