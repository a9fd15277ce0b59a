using System;
using System.IO;
using Kerr.EndToEnd.Harness;

namespace Kerr.EndToEnd.Configuration;

/// <summary>A configuration like the installed one, but for some lines.</summary>
internal static class ConfigurationFile
{
    /// <summary>Every `name = value` stands in the place of the lines with that name.</summary>
    public static string With(params string[] lines)
    {
        string text = "";
        foreach (string line in File.ReadLines($"{Tree.Root}/etc/kerr/kerr.conf"))
        {
            if (!Array.Exists(lines, other => line.StartsWith(other.Split(" =")[0] + " =", StringComparison.Ordinal)))
            {
                text += line + "\n";
            }
        }

        return Host.Write($"{Host.Directory()}/kerr.conf", text + string.Join('\n', lines) + "\n");
    }
}
