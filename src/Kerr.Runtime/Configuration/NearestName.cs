using System;

namespace Kerr.Runtime.Configuration;

/// <summary>The directive that somebody who mistyped a name most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The name with the fewest letters to change; null when all are far off.</summary>
    internal static string? To(string name)
    {
        string? nearest = null;
        int least = Math.Max(2, name.Length / 3) + 1;

        if (name.Length > 64)
        {
            return null;
        }

        foreach (Directive directive in DirectiveTable.All)
        {
            int distance = Distance(name, directive.Name);

            if (distance < least)
            {
                least = distance;
                nearest = directive.Name;
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
