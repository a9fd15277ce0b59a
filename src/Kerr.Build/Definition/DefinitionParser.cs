using System;
using System.Collections.Generic;
using System.Text;
using Kerr.Linux;

namespace Kerr.Build.Definition;

/// <summary>Reads definition files.</summary>
/// <remarks>
/// <code>
/// Key: value                header: until the first section; # begins a comment, a \ at the end continues the line
/// %section arguments        section: until the next line whose first word starts with %
///     lines
/// Bootstrap: …              begins the next stage, wherever it stands
/// </code>
/// </remarks>
public sealed class DefinitionParser
{
    private readonly string _file;
    private readonly DefinitionStage _stage = new();
    private readonly int _firstLine;
    private readonly string[] _lines;
    private int _at;

    private DefinitionParser(string file, string text, int firstLine)
    {
        _file = file;
        _firstLine = firstLine;
        _lines = text.Split('\n');
    }

    /// <param name="file">Its name, for messages.</param>
    /// <param name="text">Byte text.</param>
    /// <exception cref="UserException">With file, line, column and the line itself.</exception>
    public static DefinitionFile Parse(string file, string text, TemplateArguments arguments)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new UserException($"{file} is no definition file: there are NUL bytes in it", "see what it is: file " + file);
        }

        var stages = new List<DefinitionStage>();
        var filled = new StringBuilder(text.Length);
        foreach ((string part, int line) in Stages(text))
        {
            string stage = arguments.Fill(file, part, line);
            filled.Append(filled.Length == 0 ? "" : "\n").Append(stage);
            if (new DefinitionParser(file, stage, line).Stage() is { } parsed)
            {
                stages.Add(parsed);
            }
        }

        return stages.Count > 0
            ? new DefinitionFile(file, filled.ToString(), stages)
            : throw new UserException($"no stages found in definition file {file}", "begin it with: Bootstrap: localimage");
    }

    private static IEnumerable<(string Text, int Line)> Stages(string text)
    {
        string[] lines = text.Split('\n');
        int start = 0;
        bool begun = false;
        for (int i = 0; i < lines.Length; i++)
        {
            if (DefinitionText.BeginsStage(lines[i]))
            {
                if (begun)
                {
                    yield return (string.Join('\n', lines[start..i]), start + 1);
                    start = i;
                }

                begun = true;
            }
        }

        yield return (string.Join('\n', lines[start..]), start + 1);
    }

    /// <summary>The stage; null where there are only comments.</summary>
    private DefinitionStage? Stage()
    {
        ReadHeader();
        while (_at < _lines.Length)
        {
            ReadSection();
        }

        return _stage.Header.Count + _stage.Sections.Count + _stage.Files.Count + _stage.Apps.Count > 0 ? _stage : null;
    }

    private void ReadHeader()
    {
        for (; _at < _lines.Length; _at++)
        {
            string line = _lines[_at];
            if (DefinitionText.IsSectionLine(line, out _, out _, out _))
            {
                return;
            }

            if (DefinitionText.IsBlankOrComment(line))
            {
                continue;
            }

            int began = _at, colon = line.IndexOf(':', StringComparison.Ordinal);
            int column = line.Length - line.TrimStart(' ', '\t').Length + 1;
            string key = (colon < 0 ? line : line[..colon]).Trim(' ', '\t', '\r').ToLowerInvariant();
            if (colon < 0 || !DefinitionText.IsKey(key))
            {
                throw Error(began, column, $"invalid header keyword found: {key}", "a header line is KEY: VALUE, as in: Bootstrap: localimage");
            }

            string value = Value(line[(colon + 1)..]);
            if (value.Length == 0)
            {
                throw Error(began, colon + 2, $"header key {key} had no val", "give it one, or take the line out");
            }

            _stage.Set(key, value);
        }
    }

    /// <summary>The value that starts on this line, with the lines that continue it.</summary>
    private string Value(string text)
    {
        var value = new StringBuilder();
        while (true)
        {
            int comment = text.IndexOf('#', StringComparison.Ordinal);
            text = (comment < 0 ? text : text[..comment]).TrimEnd(' ', '\t', '\r');
            bool goesOn = comment < 0 && text.EndsWith('\\') && _at + 1 < _lines.Length;
            bool lineFeed = goesOn && text.EndsWith("\\n\\", StringComparison.Ordinal);
            value.Append(lineFeed ? text[..^3] + "\n" : goesOn ? text[..^1] : text);
            if (!goesOn)
            {
                return value.ToString().Trim();
            }

            text = _lines[++_at].TrimStart(' ', '\t');
        }
    }

    private void ReadSection()
    {
        int began = _at;
        _ = DefinitionText.IsSectionLine(_lines[_at++], out string name, out string arguments, out int column);
        var text = new StringBuilder();
        while (_at < _lines.Length && !DefinitionText.IsSectionLine(_lines[_at], out _, out _, out _))
        {
            // The last piece of the split is what follows the last line feed: nothing, or a line without one.
            if (_at + 1 < _lines.Length || _lines[_at].Length > 0)
            {
                text.Append(_lines[_at]).Append('\n');
            }

            _at++;
        }

        var section = new DefinitionSection(arguments, text.ToString(), _firstLine + began);
        if (name == "files")
        {
            ReadFiles(section, began, column);
        }
        else if (DefinitionText.IsSection(name))
        {
            Add(_stage.Sections, name, section);
        }
        else if (DefinitionText.IsAppSection(name, out string part))
        {
            ReadApp(name, part, section, began, column);
        }
        else
        {
            throw Error(began, column, $"invalid section(s) specified: {name}", "sections are help, setup, files, labels, environment, pre, post, "
                + "runscript, test, startscript, arguments, and appinstall, apprun and others of apps");
        }
    }

    private void ReadApp(string name, string part, DefinitionSection section, int began, int column)
    {
        string app = section.Arguments.Split([' ', '\t'], 2)[0];
        if (app.Length == 0 || app is "." or ".." || app.Contains('/', StringComparison.Ordinal))
        {
            throw Error(began, column, $"%{name} does not name an app", $"write %{name} NAME, the name without a slash");
        }

        DefinitionApp? found = _stage.Apps.Find(known => known.Name == app);
        if (found is null)
        {
            found = new DefinitionApp(app);
            _stage.Apps.Add(found);
        }

        section = section with { Arguments = section.Arguments[app.Length..].Trim() };
        if (part == "files")
        {
            found.Files.AddRange(Copies(section, began));
        }
        else
        {
            Add(found.Sections, part, section);
        }
    }

    private void ReadFiles(DefinitionSection section, int began, int column)
    {
        string[] words = section.Arguments.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        string? stage = words switch
        {
            [] => null,
            ["from", var name] => name,
            _ => throw Error(began, column, $"%files does not take '{section.Arguments}'", "write %files, or %files from STAGE"),
        };
        List<DefinitionCopy> copies = Copies(section, began);
        if (_stage.Files.Find(known => known.Stage == stage) is { } same)
        {
            same.Copies.AddRange(copies);
        }
        else
        {
            _stage.Files.Add(new DefinitionFiles(stage, copies));
        }
    }

    private List<DefinitionCopy> Copies(DefinitionSection section, int began)
    {
        var copies = new List<DefinitionCopy>();
        string[] lines = section.Text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (DefinitionText.IsBlankOrComment(lines[i]))
            {
                continue;
            }

            List<(string Word, int Column)> words = DefinitionText.Words(lines[i]);
            if (words.Count > 2 && !words[2].Word.StartsWith('#'))
            {
                throw Error(began + 1 + i, words[2].Column, "a line of %files has one source and one destination",
                    "put names with blanks in double quotes");
            }

            bool single = words.Count == 1 || words[1].Word.StartsWith('#');
            copies.Add(new DefinitionCopy(words[0].Word, single ? "" : words[1].Word));
        }

        return copies;
    }

    private static void Add(Dictionary<string, DefinitionSection> sections, string name, DefinitionSection section)
        => sections[name] = sections.TryGetValue(name, out DefinitionSection? before)
            ? before with
            {
                Text = before.Text + section.Text,
                Arguments = before.Arguments.Length > 0 ? before.Arguments : section.Arguments,
            }
            : section;

    private UserException Error(int index, int column, string problem, string? remedy)
        => DefinitionErrors.At(_file, _firstLine + index, column, _lines[index].TrimEnd('\r'), problem, remedy);
}
