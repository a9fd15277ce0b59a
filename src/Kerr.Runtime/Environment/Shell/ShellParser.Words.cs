using System.Collections.Generic;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the parser that reads words and what is expanded in them.</summary>
internal sealed partial class ShellParser
{
    /// <summary>Where a run of word parts ends, and which quotes count in it.</summary>
    private enum WordMode
    {
        /// <summary>An operand: to the next blank or operator.</summary>
        Operand,

        /// <summary>The value of an assignment: as an operand, but a tilde counts behind a colon, and braces are plain.</summary>
        Assignment,

        /// <summary>Between double quotes.</summary>
        Double,

        /// <summary>Behind an operator of <c>${…}</c>, to its brace.</summary>
        Braced,

        /// <summary>The same inside double quotes: single quotes are plain characters there.</summary>
        BracedInQuotes,

        /// <summary>The pattern of <c>${x/pattern/…}</c>: to the slash or brace.</summary>
        UpToSlash,

        /// <summary>The offset of <c>${x:offset:…}</c>: to the colon or brace.</summary>
        UpToColon,

        /// <summary>All of the text, as between double quotes.</summary>
        Everything,
    }

    private Word ReadWord()
    {
        int line = _line;
        return new Word(ReadParts(WordMode.Operand), line);
    }

    private bool AtPartsEnd(WordMode mode) => AtEnd || mode switch
    {
        WordMode.Operand or WordMode.Assignment => IsMeta(Here),
        WordMode.Double => Here == '"',
        WordMode.Braced or WordMode.BracedInQuotes => Here == '}',
        WordMode.UpToSlash => Here is '/' or '}',
        WordMode.UpToColon => Here is ':' or '}',
        _ => false,
    };

    private WordPart[] ReadParts(WordMode mode)
    {
        Enter();
        PartList parts = default;
        bool inQuotes = mode is WordMode.Double or WordMode.BracedInQuotes or WordMode.Everything;
        int start = _at;
        int plain = _at;
        bool oddQuotes = false;
        while (!AtPartsEnd(mode))
        {
            oddQuotes ^= mode == WordMode.BracedInQuotes && Here == '\'';
            if (IsPlain(mode, start, inQuotes))
            {
                Take();
                continue;
            }

            AddPlain(ref parts, plain);
            if (ReadSpecial(mode, inQuotes) is { } part)
            {
                parts.Add(part);
            }

            plain = _at;
        }

        AddPlain(ref parts, plain);
        if (oddQuotes)
        {
            // In dash the brace ends the expansion, in bash it is quoted: all that follows reads differently.
            throw new ShellUnsupportedException(_file, _line, "a single quote inside \"${}\"");
        }

        _depth--;
        return parts.ToArray();
    }

    private void AddPlain(ref PartList parts, int from)
    {
        if (_at > from)
        {
            parts.Add(new TextPart(_text[from.._at], quoted: false));
        }
    }

    /// <summary>Whether the character here stands for itself and needs no quoting to be passed over.</summary>
    private bool IsPlain(WordMode mode, int start, bool inQuotes) => Here switch
    {
        '\\' or '`' => false,
        '$' => !StartsExpansion(Next, inQuotes),
        '\'' => inQuotes,
        '"' => mode == WordMode.Everything,
        '~' => !TildeCounts(mode, start),
        '{' => mode != WordMode.Operand || !IsBraceExpansion(),
        _ => true,
    };

    /// <summary>Reads what is not plain; null when it stands for nothing, as a continued line does.</summary>
    private WordPart? ReadSpecial(WordMode mode, bool inQuotes)
    {
        switch (Here)
        {
            case '\\':
                return ReadBackslash(mode, inQuotes);
            case '\'':
                _at++;
                return new TextPart(ReadSingleQuoted(), quoted: true);
            case '"':
                return ReadDoubleQuoted();
            case '$':
                return ReadDollar(inQuotes);
            case '`':
                return ReadBackquoted(inQuotes);
            case '~' when TildeEnds(mode):
                _at++;
                return new TildePart();
            case '~':
                _at++;
                return new ForeignPart("the home directory of another user", _line);
            default:
                _at++;
                SawBash = true;
                return new ForeignPart("a brace expansion", _line);
        }
    }

    private TextPart? ReadBackslash(WordMode mode, bool inQuotes)
    {
        char next = Next;
        _at++;
        if (next == '\n')
        {
            Take();
            return null;
        }

        bool escapes = !inQuotes || next is '$' or '`' or '"' or '\\' || (mode == WordMode.BracedInQuotes && next == '}');
        return new TextPart(AtEnd || !escapes ? "\\" : Take().ToString(), quoted: true);
    }

    /// <summary>Parts as they are read: most words have one.</summary>
    private struct PartList
    {
        private WordPart? _first;
        private List<WordPart>? _rest;

        internal void Add(WordPart part)
        {
            if (_first is null)
            {
                _first = part;
            }
            else
            {
                (_rest ??= []).Add(part);
            }
        }

        internal readonly WordPart[] ToArray() => _rest is null ? _first is null ? [] : [_first] : [_first!, .. _rest];
    }

    private string ReadSingleQuoted()
    {
        int start = _at;
        while (Here != '\'')
        {
            if (AtEnd)
            {
                throw Error("a single quote is not closed");
            }

            Take();
        }

        return _text[start.._at++];
    }

    private QuotedPart ReadDoubleQuoted()
    {
        _at++;
        WordPart[] parts = ReadParts(WordMode.Double);
        if (AtEnd)
        {
            throw Error("a double quote is not closed");
        }

        _at++;
        return new QuotedPart(parts);
    }

    private bool TildeCounts(WordMode mode, int start) => mode switch
    {
        WordMode.Operand or WordMode.Braced => _at == start,
        WordMode.Assignment => _at == start || _text[_at - 1] == ':',
        _ => false,
    };

    private bool TildeEnds(WordMode mode)
    {
        char next = Next;
        return next is '\0' or '/' || IsMeta(next) || (next == ':' && mode == WordMode.Assignment)
            || (next == '}' && mode == WordMode.Braced);
    }

    private bool IsBraceExpansion()
    {
        bool several = false;
        for (int i = _at + 1; i < _text.Length && !IsMeta(_text[i]); i++)
        {
            if (_text[i] == '}')
            {
                return several;
            }

            several |= _text[i] == ',' || (_text[i] == '.' && _text[i - 1] == '.');
        }

        return false;
    }

    /// <summary>The end of the text of an arithmetic expression that starts at an index: where its <c>))</c> is.</summary>
    private int? ArithmeticEnd(int from)
    {
        int depth = 0;
        for (int i = from; i < _text.Length; i++)
        {
            if (_text[i] == '(')
            {
                depth++;
            }
            else if (_text[i] == ')')
            {
                if (depth == 0)
                {
                    return i + 1 < _text.Length && _text[i + 1] == ')' ? i : null;
                }

                depth--;
            }
        }

        return null;
    }

    private CommandPart ReadBackquoted(bool inQuotes)
    {
        int line = _line;
        _at++;
        StringBuilder inner = new();
        while (Here != '`')
        {
            if (AtEnd)
            {
                throw Error("a backquote is not closed");
            }

            if (Here == '\\' && (Next is '`' or '$' or '\\' || (inQuotes && Next == '"')))
            {
                _at++;
            }

            inner.Append(Take());
        }

        _at++;
        ShellParser parser = new(inner.ToString(), _file, line, _depth);
        Command list = parser.ReadScript();
        SawBash |= parser.SawBash;
        return new CommandPart(list);
    }
}
