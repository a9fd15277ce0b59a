using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;

namespace Kerr.Build.Definition;

/// <summary>
/// The values of <c>{{ name }}</c> in a definition file: of <c>--build-arg</c>, else of <c>--build-arg-file</c>, else the
/// default in <c>%arguments</c> of the stage.
/// </summary>
public sealed class TemplateArguments
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _filed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>None at all.</summary>
    public static TemplateArguments None => new();

    /// <summary>The arguments of the command line that no stage asked for, in the order of their names.</summary>
    public IReadOnlyList<string> Unused
    {
        get
        {
            var unused = new SortedSet<string>(_given.Keys, StringComparer.Ordinal);
            unused.ExceptWith(_used);
            return [.. unused];
        }
    }

    /// <summary>Takes <c>name=value</c> of the command line; only the first equals sign divides.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public void Give(string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new UserException($"--build-arg {pair} has no value", "write --build-arg NAME=VALUE");
        }

        _given[pair[..equals].Trim()] = pair[(equals + 1)..];
    }

    /// <summary>Takes the lines of a file, <c>name=value</c>; blank lines and comments are passed over.</summary>
    /// <param name="warn">Told of other lines.</param>
    public void GiveFile(string name, string text, Action<string> warn)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (DefinitionText.IsBlankOrComment(line))
            {
                continue;
            }

            if (!AddPair(_filed, line))
            {
                warn($"line {number} of {name} is no NAME=VALUE and is passed over: {line.Trim()}");
            }
        }
    }

    /// <summary>A stage's text with the values filled in. Comment lines stay as they are.</summary>
    internal string Fill(string file, string stage, int firstLine)
    {
        string[] lines = stage.Split('\n');
        Dictionary<string, string> defaults = Defaults(lines);
        var filled = new StringBuilder(stage.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i], start = line.TrimStart(' ', '\t');
            bool comment = start.StartsWith('#') && !start.StartsWith("#!", StringComparison.Ordinal);
            filled.Append(i == 0 ? "" : "\n").Append(comment ? line : Fill(file, line, firstLine + i, defaults, nested: false));
        }

        return filled.ToString();
    }

    private string Fill(string file, string line, int number, Dictionary<string, string> defaults, bool nested)
    {
        int open = line.IndexOf("{{", StringComparison.Ordinal);
        if (open < 0)
        {
            return line;
        }

        var filled = new StringBuilder();
        int done = 0;
        while (open >= 0)
        {
            int close = line.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (close < 0)
            {
                break;
            }

            string name = line[(open + 2)..close].Trim(' ', '\t');
            if (!IsName(name))
            {
                // Braces that mean something to another language.
                open = line.IndexOf("{{", open + 1, StringComparison.Ordinal);
                continue;
            }

            string value = Value(name, defaults) ?? throw DefinitionErrors.At(
                file, number, open + 1, line,
                $"build var {name} is not defined through either --build-arg (--build-arg-file) or 'arguments' section",
                $"add --build-arg {name}=VALUE, or a line {name}=VALUE to %arguments");
            filled.Append(line, done, open - done).Append(nested ? value : Fill(file, value, number, defaults, nested: true));
            done = close + 2;
            open = line.IndexOf("{{", done, StringComparison.Ordinal);
        }

        return filled.Append(line, done, line.Length - done).ToString();
    }

    private string? Value(string name, Dictionary<string, string> defaults)
    {
        _used.Add(name);
        return _given.TryGetValue(name, out string? value) || _filed.TryGetValue(name, out value) || defaults.TryGetValue(name, out value)
            ? value : null;
    }

    private static Dictionary<string, string> Defaults(string[] lines)
    {
        var defaults = new Dictionary<string, string>(StringComparer.Ordinal);
        bool inside = false;
        foreach (string line in lines)
        {
            if (DefinitionText.IsSectionLine(line, out string name, out _, out _))
            {
                inside = name == "arguments";
            }
            else if (inside && !DefinitionText.IsBlankOrComment(line))
            {
                _ = AddPair(defaults, line);
            }
        }

        return defaults;
    }

    private static bool AddPair(Dictionary<string, string> pairs, string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || !IsName(line[..equals].Trim(' ', '\t')))
        {
            return false;
        }

        pairs[line[..equals].Trim(' ', '\t')] = line[(equals + 1)..].Trim(' ', '\t', '\r');
        return true;
    }

    private static bool IsName(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return name.Length > 0;
    }
}
