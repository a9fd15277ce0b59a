using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Kerr.Cli.Console;

/// <summary>Rows of cells as lines in which columns start at the same place, as wide as their widest cell and two blanks.</summary>
internal static class AlignedText
{
    /// <param name="rows">Unicode text; the last cell of a row is not filled up.</param>
    internal static string Of(IReadOnlyList<string[]> rows)
    {
        var widths = new List<int>();
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
            {
                widths.Add(0);
                widths[i] = Math.Max(widths[i], Width(row[i]) + 2);
            }
        }

        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                text.Append(row[i]).Append(' ', i == row.Length - 1 ? 0 : widths[i] - Width(row[i]));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
