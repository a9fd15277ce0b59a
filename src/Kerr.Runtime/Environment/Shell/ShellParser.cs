using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>
/// Reads a script of the POSIX shell language, with what bash adds and environment scripts use, into a tree.
/// </summary>
/// <remarks>
/// The whole grammar is read, so that a construct the interpreter refuses costs nothing in a branch that is not taken.
/// Strings are bytes: one char is one byte of the file.
/// </remarks>
internal sealed partial class ShellParser
{
    private readonly string _text;
    private readonly string _file;
    private readonly List<(string Delimiter, bool StripTabs)> _hereDocuments = [];
    private int _at;
    private int _line;
    private int _depth;

    private ShellParser(string text, string file, int line, int depth)
    {
        if (text.Length > ShellLimits.ScriptBytes)
        {
            throw new ShellUnsupportedException(file, line, "a script of more than 1 MiB", ShellRefusal.Limit);
        }

        _text = text;
        _file = file;
        _line = line;
        _depth = depth;
    }

    /// <summary>Something was read that dash and busybox's ash do not understand, or understand differently.</summary>
    internal bool SawBash { get; private set; }

    internal static Command ParseScript(string text, string file) => Reader(text, file).ReadScript();

    /// <summary>A parser before its first character, for callers that ask it more than the tree.</summary>
    internal static ShellParser Reader(string text, string file) => new(text, file, 1, 0);

    /// <summary>Reads <paramref name="text"/> as the one word it must be.</summary>
    internal static Word ParseWord(string text, string file)
    {
        ShellParser parser = new(text, file, 1, 0);
        Word word = new(parser.ReadParts(WordMode.Assignment), 1);
        return parser.AtEnd ? word : throw parser.Error("more than one word");
    }

    internal Command ReadScript()
    {
        Command list = ReadList();
        if (!AtEnd)
        {
            throw Unexpected();
        }

        return list;
    }

    private bool AtEnd => _at >= _text.Length;

    private char Here => _at < _text.Length ? _text[_at] : '\0';

    private char Next => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private bool StartsWith(string what) => string.CompareOrdinal(_text, _at, what, 0, what.Length) == 0;

    private char Take()
    {
        char c = _text[_at++];
        if (c == '\n')
        {
            _line++;
        }

        return c;
    }

    private ShellErrorException Error(string what) => new(_file, _line, "syntax error: " + what);

    private ShellErrorException Unexpected() => AtEnd
        ? Error("the script ends too early")
        : Error(Here == '\n' ? "unexpected end of line" : $"unexpected \"{PeekText()}\"");

    private string PeekText()
    {
        int end = _at + 1;
        while (end < _text.Length && end < _at + 20 && !IsMeta(_text[end]) && !IsMeta(_text[_at]))
        {
            end++;
        }

        return _text[_at..end];
    }

    private void Enter()
    {
        if (++_depth > ShellLimits.SyntaxDepth)
        {
            throw new ShellUnsupportedException(_file, _line, "constructs nested too deeply", ShellRefusal.Limit);
        }
    }

    private static bool IsBlank(char c) => c is ' ' or '\t';

    // Asked about every character several times: a bit per character is measurably faster than comparisons.
    private const ulong MetaBits =
        1UL << ' ' | 1UL << '\t' | 1UL << '\n' | 1UL << ';' | 1UL << '&' | 1UL << '<' | 1UL << '>' | 1UL << '(' | 1UL << ')';

    private static bool IsMeta(char c) => c < 64 ? (MetaBits >> c & 1) != 0 : c == '|';

    /// <summary>Passes over blanks, continued lines and a comment, but not over the end of the line.</summary>
    private void SkipBlanks()
    {
        while (!AtEnd)
        {
            if (IsBlank(Here))
            {
                _at++;
            }
            else if (Here == '\\' && Next == '\n')
            {
                _at += 2;
                _line++;
            }
            else
            {
                break;
            }
        }

        if (Here == '#' && !AtEnd)
        {
            int end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
        }
    }

    /// <summary>Passes over blanks, comments and line ends, and over the here-documents that begin at a line end.</summary>
    private void SkipLines()
    {
        for (SkipBlanks(); Here == '\n'; SkipBlanks())
        {
            TakeLineEnd();
        }
    }

    private void TakeLineEnd()
    {
        Take();
        foreach ((string delimiter, bool stripTabs) in _hereDocuments)
        {
            while (!AtEnd)
            {
                int end = _text.IndexOf('\n', _at);
                ReadOnlySpan<char> line = _text.AsSpan(_at, (end < 0 ? _text.Length : end) - _at);
                _at = end < 0 ? _text.Length : end + 1;
                _line++;
                if ((stripTabs ? line.TrimStart('\t') : line).SequenceEqual(delimiter))
                {
                    break;
                }
            }
        }

        _hereDocuments.Clear();
    }

    /// <summary>The unquoted word that starts here, if it could be a reserved one; nothing is consumed.</summary>
    private ReadOnlySpan<char> PeekWord()
    {
        const int Longest = 8; // function
        int end = _at;
        while (end < _text.Length && !IsMeta(_text[end]))
        {
            if (end - _at == Longest || _text[end] is '\'' or '"' or '\\' or '$' or '`')
            {
                return default;
            }

            end++;
        }

        return _text.AsSpan(_at, end - _at);
    }

    private bool TakeWord(string word)
    {
        SkipBlanks();
        if (!PeekWord().SequenceEqual(word))
        {
            return false;
        }

        _at += word.Length;
        return true;
    }

    private void ExpectWord(string word)
    {
        SkipLines();
        if (!TakeWord(word))
        {
            throw Unexpected();
        }
    }

    internal static bool IsNameStart(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_';

    internal static bool IsNamePart(char c) => IsNameStart(c) || c is >= '0' and <= '9';

    /// <summary>Whether a string can name a shell variable.</summary>
    internal static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !IsNameStart(text[0]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!IsNamePart(c))
            {
                return false;
            }
        }

        return true;
    }
}
