using System;
using Kerr.Build.Definition;

namespace Kerr.Build.Metadata;

/// <summary>A section as the script that the image keeps.</summary>
internal static class SectionScript
{
    /// <summary>
    /// Its interpreter line, an empty line, its text. The interpreter is the one that the section's first line names, else
    /// <c>/bin/sh</c>; the section's arguments are its arguments.
    /// </summary>
    internal static string Of(DefinitionSection section)
    {
        string interpreter = Interpreter(section.Text, out string rest) ?? "/bin/sh";
        string arguments = section.Arguments.Length > 0 ? " " + section.Arguments : "";
        return $"#!{interpreter}{arguments}\n\n{rest}\n";
    }

    /// <summary>What the first line that is not empty names behind <c>#!</c>; null when it names none.</summary>
    internal static string? Interpreter(string text, out string rest)
    {
        string trimmed = text.TrimStart(' ', '\t', '\r', '\n');
        rest = text;
        if (!trimmed.StartsWith("#!", StringComparison.Ordinal))
        {
            return null;
        }

        int end = trimmed.IndexOf('\n', StringComparison.Ordinal);
        string line = (end < 0 ? trimmed : trimmed[..end])[2..].Trim(' ', '\t', '\r');
        rest = end < 0 ? "" : trimmed[(end + 1)..];
        return line.Length > 0 ? line : null;
    }
}
