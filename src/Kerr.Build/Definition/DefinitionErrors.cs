using System;
using System.Globalization;
using Kerr.Linux;

namespace Kerr.Build.Definition;

/// <summary>What is wrong with a definition file, with the place and the line itself.</summary>
internal static class DefinitionErrors
{
    /// <param name="column">From 1 on.</param>
    internal static UserException At(string file, int line, int column, string text, string problem, string? remedy = null)
    {
        string shown = text.Replace('\t', ' ');
        string place = string.Create(CultureInfo.InvariantCulture, $"{file}:{line}:{column}: ");
        return new UserException($"{place}{problem}\n  {shown}\n  {new string(' ', Math.Max(0, column - 1))}^", remedy);
    }
}
