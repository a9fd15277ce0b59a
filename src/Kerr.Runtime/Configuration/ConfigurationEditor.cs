using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Configuration;

/// <summary>Changes one directive in the text of a configuration; comments and all other lines stay as they are.</summary>
public sealed class ConfigurationEditor
{
    private readonly string _path;
    private readonly List<string> _lines;
    private readonly SiteConfiguration _before;

    /// <exception cref="InvalidDataException">The file as it is cannot be understood.</exception>
    public ConfigurationEditor(string path, ReadOnlySpan<byte> content)
    {
        _path = path;
        _before = ConfigurationReader.Read(path, content);
        string text = Encoding.Latin1.GetString(content);
        _lines = [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n')];
    }

    /// <summary>Sets a directive; to a list, the values are added in front, those that it has already left out.</summary>
    /// <exception cref="UserException">The directive cannot take the value.</exception>
    public void Set(Directive directive, string value)
    {
        if (AsciiText.Trim(value).Length == 0)
        {
            throw new UserException(
                $"no value for directive '{directive.Name}'", $"kerr config global --set \"{directive.Name}\" VALUE");
        }

        if (directive.Kind != DirectiveKind.List)
        {
            Replace(directive, [Checked(directive, AsciiText.Trim(value))]);
            return;
        }

        List<string> items = [];

        foreach (string item in (List<string>)[.. ListItems.Split(Checked(directive, value)), .. Items(directive)])
        {
            if (!items.Contains(item))
            {
                items.Add(item);
            }
        }

        Replace(directive, items);
    }

    /// <summary>Takes a value away, so that the default is in force again; from a list, those items.</summary>
    /// <exception cref="UserException">The directive does not have the value.</exception>
    public void Unset(Directive directive, string value)
    {
        List<string> items = directive.Kind == DirectiveKind.List
            ? Items(directive)
            : _before.Lines(directive).Count > 0 ? [_before.Value(directive)] : [];

        List<string> unwanted = directive.Kind == DirectiveKind.List ? ListItems.Split(value) : [AsciiText.Trim(value)];

        if (items.RemoveAll(unwanted.Contains) == 0)
        {
            throw new UserException(
                $"value '{value}' not found for directive '{directive.Name}'",
                $"kerr config global --get \"{directive.Name}\"");
        }

        Replace(directive, items);
    }

    /// <summary>Puts the default of the installed file back.</summary>
    public void Reset(Directive directive)
        => Replace(directive, directive.Kind == DirectiveKind.List ? ListItems.Split(directive.Default)
            : directive.Default.Length > 0 ? [directive.Default] : []);

    /// <summary>The whole file, checked once more by the reader.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = Encoding.Latin1.GetBytes(string.Join('\n', _lines) + "\n");
        _ = ConfigurationReader.Read(_path, bytes);
        return bytes;
    }

    private List<string> Items(Directive directive)
    {
        List<string> items = [];

        foreach ((string item, _) in _before.ItemsWithLines(directive))
        {
            items.Add(item);
        }

        return items;
    }

    private static string Checked(Directive directive, string value)
        => ConfigurationReader.Problem(directive, value) is { } problem
            ? throw new UserException(problem, directive.Allowed.Length > 0
                ? $"kerr config global --set \"{directive.Name}\" {directive.Allowed[0]}"
                : null)
            : value;

    // Where the directive stood, else below its commented example, else at the end.
    private void Replace(Directive directive, List<string> values)
    {
        int at = -1;

        for (int i = _lines.Count - 1; i >= 0; i--)
        {
            if (Names(directive, _lines[i].AsSpan()))
            {
                _lines.RemoveAt(i);
                at = i;
            }
        }

        int example = _lines.FindLastIndex(line => line.StartsWith('#') && Names(directive, line.AsSpan(1)));

        if (at < 0)
        {
            at = example < 0 ? _lines.Count : example + 1;
        }

        if (values.Count == 0 && example < 0)
        {
            // Marks the place for the next value, below the directive's explanation.
            _lines.Insert(at, $"# {directive.Name} =");
        }

        for (int i = 0; i < values.Count; i++)
        {
            _lines.Insert(at + i, $"{directive.Name} = {values[i]}");
        }
    }

    private static bool Names(Directive directive, ReadOnlySpan<char> line)
    {
        int equals = line.IndexOf('=');
        return equals >= 0 && ReferenceEquals(DirectiveTable.Find(AsciiText.Trim(line[..equals])), directive);
    }
}
