using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Configuration;

/// <summary>Reads <c>directive = value</c> lines; what it does not understand is an error with its line number.</summary>
/// <remarks>
/// A misspelled limit must not be a limit that is silently gone, so unknown names are errors here, where the peers pass
/// over them. A directive that is no list and stands there twice is one too: nobody can tell which one was meant.
/// </remarks>
public static class ConfigurationReader
{
    /// <param name="path">For messages.</param>
    /// <param name="content">The bytes of the file.</param>
    /// <exception cref="InvalidDataException">Names file, line, and what is permitted.</exception>
    public static SiteConfiguration Read(string path, ReadOnlySpan<byte> content)
    {
        List<SiteConfiguration.Setting> settings = new(96);
        int number = 0;

        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            number++;

            if (Parse(line, out string? problem) is { } setting)
            {
                settings.Add(setting with { Line = number });
                problem = setting.Directive.Kind == DirectiveKind.List ? null : Twice(settings);
            }

            if (problem is not null)
            {
                throw new InvalidDataException($"{path}:{number}: {problem}");
            }
        }

        return new SiteConfiguration(path, settings);
    }

    /// <summary>What is wrong with a value for a directive, or null.</summary>
    public static string? Problem(Directive directive, string value)
    {
        foreach (char c in value)
        {
            if (c is '\n' or '\r' or '\0')
            {
                return $"the value of '{directive.Name}' has more than one line";
            }
        }

        switch (directive.Kind)
        {
            case DirectiveKind.Number:
                return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && number >= (directive.Positive ? 1 : 0)
                    ? null
                    : $"'{directive.Name}' takes a whole number of at least {(directive.Positive ? 1 : 0)}, not '{value}'";

            case DirectiveKind.YesNo or DirectiveKind.Choice when Array.IndexOf(directive.Allowed, value) < 0:
                return $"'{directive.Name}' takes {string.Join(", ", directive.Allowed)}, not '{value}'";

            case DirectiveKind.Text when directive.Allowed.Length > 0 && !value.StartsWith('/') && Array.IndexOf(directive.Allowed, value) < 0:
                return $"'{directive.Name}' takes {string.Join(", ", directive.Allowed)} or an absolute path, not '{value}'";

            case DirectiveKind.List when directive.AbsolutePaths:
                return ListItems.Split(value).Find(static item => !IsAbsolute(item)) is { } relative
                    ? $"'{directive.Name}' takes absolute paths without '..', not '{relative}'" : null;

            default:
                return null;
        }
    }

    private static bool IsAbsolute(string path) => path.StartsWith('/') && Array.IndexOf(path.Split('/'), "..") < 0;

    /// <summary>The sentence for a name that no directive has.</summary>
    public static string UnknownName(string name) => NearestName.To(name, [.. Names()]) is { } near
        ? $"unknown directive '{name}'; did you mean '{near}'?"
        : $"unknown directive '{name}'";

    private static IEnumerable<string> Names()
    {
        foreach (Directive directive in DirectiveTable.All.ToArray())
        {
            yield return directive.Name;
        }
    }

    private static SiteConfiguration.Setting? Parse(ReadOnlySpan<byte> line, out string? problem)
    {
        problem = null;
        line = Trim(line);

        if (line.IsEmpty || line[0] == '#')
        {
            return null;
        }

        int equals = line.IndexOf((byte)'=');

        if (equals < 0)
        {
            problem = $"expected 'directive = value', found '{Encoding.Latin1.GetString(line)}'";
            return null;
        }

        string name = Encoding.Latin1.GetString(Trim(line[..equals]));
        string value = Encoding.Latin1.GetString(Trim(line[(equals + 1)..]));

        if (DirectiveTable.Find(name) is not { } directive)
        {
            problem = UnknownName(name);
            return null;
        }

        // "bind path =" is how a generated file writes that there is none.
        if (value.Length == 0)
        {
            return null;
        }

        problem = Problem(directive, value);
        return problem is null ? new SiteConfiguration.Setting(directive, value, 0) : null;
    }

    private static string? Twice(List<SiteConfiguration.Setting> settings)
    {
        SiteConfiguration.Setting last = settings[^1];

        for (int i = 0; i < settings.Count - 1; i++)
        {
            if (ReferenceEquals(settings[i].Directive, last.Directive))
            {
                return $"'{last.Directive.Name}' is set already, in line {settings[i].Line}";
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty && AsciiText.IsWhiteSpace((char)text[0]))
        {
            text = text[1..];
        }

        while (!text.IsEmpty && AsciiText.IsWhiteSpace((char)text[^1]))
        {
            text = text[..^1];
        }

        return text;
    }
}
