using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Devices.Cdi;

/// <summary>A value of a CDI description: a text, a list, or named values.</summary>
internal sealed record CdiValue(string? Text, IReadOnlyList<CdiValue>? Items, IReadOnlyList<KeyValuePair<string, CdiValue>>? Members)
{
    public static CdiValue OfText(string text) => new(text, null, null);

    /// <summary>The value of that name; null if there is none.</summary>
    public CdiValue? this[string name]
    {
        get
        {
            foreach ((string key, CdiValue value) in Members ?? [])
            {
                if (key == name)
                {
                    return value;
                }
            }

            return null;
        }
    }
}

/// <summary>Reads CDI descriptions: JSON, and of YAML what generators of CDI write.</summary>
/// <remarks>
/// Mappings and sequences by indentation or in brackets; plain, single- and double-quoted scalars; comments; one document. Anchors, aliases, tags, block
/// scalars (<c>|</c>, <c>&gt;</c>) and scalars over several lines are refused by name, not misread.
/// </remarks>
internal sealed class CdiText
{
    private const int DeepestNesting = 32;
    private const int MostValues = 100_000;

    private readonly string[] _lines;
    private int _line;
    private int _depth;
    private int _values;

    private CdiText(string text) => _lines = text.Split('\n');

    /// <param name="text">Byte text, UTF-8 inside.</param>
    /// <exception cref="InvalidDataException">It is not understood; with the line.</exception>
    public static CdiValue Parse(string text)
    {
        var reader = new CdiText(text.Replace("\r\n", "\n", StringComparison.Ordinal));
        if (!reader.Skip(documentStart: true))
        {
            throw new InvalidDataException("it is empty");
        }

        CdiValue value = reader.Node(Indent(reader._lines[reader._line]));
        if (reader.Skip(documentStart: false))
        {
            throw reader.Wrong("something follows that does not belong to what was before");
        }

        return value;
    }

    private static int Indent(string line)
    {
        int indent = 0;
        while (indent < line.Length && line[indent] == ' ')
        {
            indent++;
        }

        return indent;
    }

    /// <summary>Whether an item of a sequence begins there: a dash alone, or before a blank.</summary>
    private static bool IsItem(string line, int column)
        => line[column] == '-' && (column + 1 == line.Length || line[column + 1] is ' ' or '\t');

    /// <summary>Goes to the next line that says something; false at the end.</summary>
    private bool Skip(bool documentStart)
    {
        for (; _line < _lines.Length; _line++)
        {
            string text = AsciiText.Trim(_lines[_line]).ToString();
            if (text is "..." || (text is "---" && documentStart))
            {
                continue;
            }

            if (text is "---")
            {
                throw Wrong("it holds more than one document");
            }

            if (text.Length > 0 && text[0] != '#' && !(documentStart && text[0] == '%'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A value that begins at this column of the current line.</summary>
    private CdiValue Node(int column)
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"it is nested more than {DeepestNesting} deep");
        }

        string line = _lines[_line];
        CdiValue value = line[column] switch
        {
            '{' or '[' => Flow(ref column),
            _ when IsItem(line, column) => Sequence(column),
            _ when KeyEnd(line, column) >= 0 => Mapping(column),
            _ => Scalar(column),
        };
        _depth--;
        return value;
    }

    private CdiValue Sequence(int column)
    {
        var items = new List<CdiValue>();
        while (Skip(documentStart: false) && Indent(_lines[_line]) == column && IsItem(_lines[_line], column))
        {
            // What follows the dash stands as if the dash were a blank.
            _lines[_line] = new string(' ', column + 1) + _lines[_line][(column + 1)..].Replace('\t', ' ');
            Count();
            int at = Indent(_lines[_line]);
            if (at == _lines[_line].Length || _lines[_line][at] == '#')
            {
                _line++;
                items.Add(Skip(documentStart: false) && Indent(_lines[_line]) > column ? Node(Indent(_lines[_line])) : CdiValue.OfText(""));
            }
            else
            {
                items.Add(Node(at));
            }
        }

        CheckIndent(column);
        return new CdiValue(null, items, null);
    }

    private CdiValue Mapping(int column)
    {
        var members = new List<KeyValuePair<string, CdiValue>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (Skip(documentStart: false) && Indent(_lines[_line]) == column && !IsItem(_lines[_line], column))
        {
            string line = _lines[_line];
            int end = KeyEnd(line, column);
            if (end < 0)
            {
                throw Wrong("a line without a colon stands among names");
            }

            int at = column;
            string name = line[column] is '"' or '\'' ? Quoted(ref at) : AsciiText.Trim(line.AsSpan(column, end - column)).ToString();
            if (!names.Add(name))
            {
                throw Wrong($"{name} stands there twice");
            }

            Count();
            at = end + 1;
            while (at < line.Length && line[at] is ' ' or '\t')
            {
                at++;
            }

            CdiValue value;
            if (at < line.Length && line[at] != '#')
            {
                value = line[at] is '{' or '[' ? Flow(ref at) : Scalar(at);
            }
            else
            {
                _line++;
                bool more = Skip(documentStart: false);
                int indent = more ? Indent(_lines[_line]) : 0;
                value = more && (indent > column || (indent == column && IsItem(_lines[_line], indent)))
                    ? Node(indent) : CdiValue.OfText("");
            }

            members.Add(new(name, value));
        }

        CheckIndent(column);
        return new CdiValue(null, null, members);
    }

    // After a block only a line that stands further left may follow.
    private void CheckIndent(int column)
    {
        if (_line < _lines.Length && Indent(_lines[_line]) > column)
        {
            throw Wrong("it is indented further than what it could belong to");
        }
    }

    /// <summary>A scalar up to the end of the line.</summary>
    private CdiValue Scalar(int column)
    {
        string line = _lines[_line];
        Count();
        if (line[column] is '"' or '\'')
        {
            string text = Quoted(ref column);
            EndOfLine(column);
            return CdiValue.OfText(text);
        }

        if (line[column] is '&' or '*' or '!' or '|' or '>' or '%' or '@' or '`' or '?')
        {
            throw Wrong($"{line[column]} is a part of YAML that is not understood here: write plain or quoted values");
        }

        int end = line.IndexOf(" #", column, StringComparison.Ordinal);
        string plain = AsciiText.Trim(end < 0 ? line.AsSpan(column) : line.AsSpan(column, end - column)).ToString();
        if (plain.Contains(": ", StringComparison.Ordinal))
        {
            throw Wrong("a value with a colon and a blank must be quoted");
        }

        _line++;
        return CdiValue.OfText(Plain(plain));
    }

    private static string Plain(string text) => text is "null" or "~" ? "" : text;

    /// <summary>A value in brackets, as in JSON; it may go over lines.</summary>
    private CdiValue Flow(ref int column)
    {
        CdiValue value = FlowValue(ref column);
        EndOfLine(column);
        return value;
    }

    private CdiValue FlowValue(ref int column)
    {
        if (++_depth > DeepestNesting)
        {
            throw Wrong($"it is nested more than {DeepestNesting} deep");
        }

        Count();
        CdiValue value;
        switch (Peek(ref column))
        {
            case '[':
                column++;
                var items = new List<CdiValue>();
                while (Peek(ref column) != ']')
                {
                    items.Add(FlowValue(ref column));
                    Comma(ref column, ']');
                }

                column++;
                value = new CdiValue(null, items, null);
                break;
            case '{':
                column++;
                var members = new List<KeyValuePair<string, CdiValue>>();
                while (Peek(ref column) != '}')
                {
                    string name = Peek(ref column) is '"' or '\'' ? Quoted(ref column) : Bare(ref column, inKey: true);
                    if (Peek(ref column) != ':')
                    {
                        throw Wrong($"a colon is missing behind {name}");
                    }

                    column++;
                    if (members.Exists(member => member.Key == name))
                    {
                        throw Wrong($"{name} stands there twice");
                    }

                    members.Add(new(name, FlowValue(ref column)));
                    Comma(ref column, '}');
                }

                column++;
                value = new CdiValue(null, null, members);
                break;
            case '"' or '\'':
                value = CdiValue.OfText(Quoted(ref column));
                break;
            default:
                value = CdiValue.OfText(Plain(Bare(ref column, inKey: false)));
                break;
        }

        _depth--;
        return value;
    }

    private void Comma(ref int column, char end)
    {
        char next = Peek(ref column);
        if (next == ',')
        {
            column++;
        }
        else if (next != end)
        {
            throw Wrong($"a comma or {end} is missing");
        }
    }

    private string Bare(ref int column, bool inKey)
    {
        string line = _lines[_line];
        int start = column;
        while (column < line.Length && line[column] is not (',' or ']' or '}' or '[' or '{')
            && !(line[column] == ':' && (inKey || column + 1 == line.Length || line[column + 1] == ' ')))
        {
            column++;
        }

        string text = AsciiText.Trim(line.AsSpan(start, column - start)).ToString();
        return text.Length > 0 ? text : throw Wrong("a value is missing");
    }

    /// <summary>The next character that is no blank, on this line or a later one.</summary>
    private char Peek(ref int column)
    {
        for (; _line < _lines.Length; _line++, column = 0)
        {
            string line = _lines[_line];
            for (; column < line.Length; column++)
            {
                if (!AsciiText.IsWhiteSpace(line[column]))
                {
                    if (line[column] == '#' && (column == 0 || AsciiText.IsWhiteSpace(line[column - 1])))
                    {
                        break;
                    }

                    return line[column];
                }
            }
        }

        _line = _lines.Length - 1;
        throw Wrong("it ends inside brackets");
    }

    private string Quoted(ref int column)
    {
        string line = _lines[_line];
        char quote = line[column++];
        var text = new StringBuilder();
        for (; column < line.Length; column++)
        {
            char c = line[column];
            if (c == quote)
            {
                if (quote == '\'' && column + 1 < line.Length && line[column + 1] == quote)
                {
                    column++;
                }
                else
                {
                    column++;
                    return text.ToString();
                }
            }
            else if (c == '\\' && quote == '"')
            {
                Escape(line, ref column, text);
                continue;
            }

            text.Append(c);
        }

        throw Wrong("a quoted value does not end on its line");
    }

    private void Escape(string line, ref int column, StringBuilder text)
    {
        char c = ++column < line.Length ? line[column] : '\0';
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            int plain = "0abtnvfre\"/\\ ".IndexOf(c, StringComparison.Ordinal);
            text.Append(plain >= 0 ? "\0\a\b\t\n\v\f\r\u001b\"/\\ "[plain] : throw Wrong($"\\{c} is no escape"));
            return;
        }

        int code = Hexadecimal(line, column + 1, digits);
        column += digits;
        if (code is >= 0xD800 and < 0xDC00 && column + 6 < line.Length && line[column + 1] == '\\' && line[column + 2] == 'u')
        {
            code = 0x10000 + ((code - 0xD800) << 10) + (Hexadecimal(line, column + 3, 4) - 0xDC00);
            column += 6;
        }

        // Inside the program a character is a byte.
        text.Append(Rune.TryCreate(code, out Rune rune)
            ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(rune.ToString())) : throw Wrong("an escape stands for no character"));
    }

    private int Hexadecimal(string line, int at, int digits)
        => at + digits <= line.Length && int.TryParse(
            line.AsSpan(at, digits), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out int value)
            ? value : throw Wrong($"an escape lacks its {digits} hexadecimal digits");

    private void EndOfLine(int column)
    {
        string line = _lines[_line];
        while (column < line.Length && AsciiText.IsWhiteSpace(line[column]))
        {
            column++;
        }

        if (column < line.Length && line[column] != '#')
        {
            throw Wrong($"{line[column]} follows where the line should end");
        }

        _line++;
    }

    /// <summary>Where the colon of a name stands; -1 if the line begins with no name.</summary>
    private static int KeyEnd(string line, int column)
    {
        int at = column;
        if (line[at] is '"' or '\'')
        {
            char quote = line[at++];
            while (at < line.Length && line[at] != quote)
            {
                at += line[at] == '\\' && quote == '"' ? 2 : 1;
            }

            for (at++; at < line.Length && line[at] == ' ';)
            {
                at++;
            }

            return at < line.Length && line[at] == ':' && (at + 1 == line.Length || line[at + 1] is ' ' or '\t') ? at : -1;
        }

        for (; at < line.Length; at++)
        {
            if (line[at] == ':' && (at + 1 == line.Length || line[at + 1] is ' ' or '\t'))
            {
                return at;
            }

            if (line[at] == '#' && at > column && line[at - 1] == ' ')
            {
                return -1;
            }
        }

        return -1;
    }

    private void Count()
    {
        if (++_values > MostValues)
        {
            throw Wrong($"it holds more than {MostValues} values");
        }
    }

    private InvalidDataException Wrong(string what) => new($"line {Math.Min(_line, _lines.Length - 1) + 1}: {what}");
}
