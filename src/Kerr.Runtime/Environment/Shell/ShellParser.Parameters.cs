using System;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the parser that reads what follows a dollar sign.</summary>
internal sealed partial class ShellParser
{
    /// <summary>Whether a dollar sign before this character is more than a dollar sign.</summary>
    private static bool StartsExpansion(char next, bool inQuotes) =>
        next is '(' or '{' || IsNamePart(next) || IsSpecial(next) || (!inQuotes && next is '\'' or '"');

    /// <summary>Reads what a dollar sign starts; null for one that only marks the quotes behind it.</summary>
    private WordPart? ReadDollar(bool inQuotes)
    {
        if (Next == '\'' && !inQuotes)
        {
            SawBash = true;
            _at += 2;
            return new TextPart(ReadAnsiQuoted(), quoted: true);
        }

        if (Next == '"' && !inQuotes)
        {
            SawBash = true;
            _at++;
            return null;
        }

        return ReadExpansion(inQuotes);
    }

    private static bool IsSpecial(char c) => c is '@' or '*' or '#' or '?' or '-' or '$' or '!';

    private WordPart ReadExpansion(bool inQuotes)
    {
        int line = _line;
        _at++;
        if (Here == '{')
        {
            _at++;
            return ReadBraced(inQuotes, line);
        }

        if (Here == '(')
        {
            return Next == '(' && ArithmeticEnd(_at + 2) is { } end ? ReadArithmetic(end) : ReadCommandSubstitution();
        }

        int start = _at++;
        while (IsNameStart(_text[start]) && IsNamePart(Here))
        {
            _at++;
        }

        return Named(_text[start.._at], line);
    }

    private ParameterPart Named(string name, int line)
    {
        SawBash |= name.StartsWith("BASH", StringComparison.Ordinal) || name is "RANDOM" or "SECONDS";
        return new ParameterPart(name, line);
    }

    private CommandPart ReadCommandSubstitution()
    {
        _at++;
        Command list = ReadList();
        if (Here != ')')
        {
            throw Unexpected();
        }

        _at++;
        return new CommandPart(list);
    }

    private ArithmeticPart ReadArithmetic(int end)
    {
        int line = _line;
        _at += 2;
        ShellParser parser = new(_text[_at..end], _file, line, _depth);
        Word expression = new(parser.ReadParts(WordMode.Everything), line);
        while (_at < end + 2)
        {
            Take();
        }

        return new ArithmeticPart(expression);
    }

    private WordPart ReadBraced(bool inQuotes, int line)
    {
        bool length = Here == '#' && (IsNamePart(Next) || Next is '@' or '*');
        bool indirect = Here == '!' && IsNameStart(Next);
        SawBash |= indirect;
        _at += length || indirect ? 1 : 0;
        int start = _at;
        if (IsSpecial(Here))
        {
            _at++;
        }
        else
        {
            bool digits = Here is >= '0' and <= '9';
            while (digits ? Here is >= '0' and <= '9' : IsNamePart(Here))
            {
                _at++;
            }
        }

        string name = Named(_text[start.._at], line).Name;
        if (name.Length == 0)
        {
            throw Error("${ without a name");
        }

        if (Here == '[' || Here is '^' or ',' or '@' || (indirect && Here == '*'))
        {
            string construct = Here == '[' ? "an array element" : "an expansion of bash";
            SawBash = true;
            ReadParts(inQuotes ? WordMode.BracedInQuotes : WordMode.Braced);
            return CloseBrace(new ForeignPart(construct, line));
        }

        if (Here == '}' || AtEnd)
        {
            ParameterOperation operation = length ? ParameterOperation.Length : ParameterOperation.Value;
            return CloseBrace(new ParameterPart(name, line) { Operation = operation, Indirect = indirect });
        }

        return length ? throw Unexpected() : CloseBrace(ReadOperation(name, indirect, inQuotes, line));
    }

    private ParameterPart ReadOperation(string name, bool indirect, bool inQuotes, int line)
    {
        bool colon = Here == ':' && Next is '-' or '=' or '?' or '+';
        _at += colon ? 1 : 0;
        char first = Take();
        bool doubled = first is '#' or '%' or '/' && Here == first;
        if (first is '-' or '=' or '?' or '+')
        {
            Word argument = new(ReadParts(inQuotes ? WordMode.BracedInQuotes : WordMode.Braced), line);
            return new ParameterPart(name, line)
            {
                Operation = first switch
                {
                    '-' => ParameterOperation.Default,
                    '=' => ParameterOperation.Assign,
                    '?' => ParameterOperation.Require,
                    _ => ParameterOperation.Alternative,
                },
                EmptyIsUnset = colon,
                Indirect = indirect,
                Argument = argument,
            };
        }

        _at += doubled ? 1 : 0;
        switch (first)
        {
            case '#' or '%':
                return new ParameterPart(name, line)
                {
                    Operation = (first, doubled) switch
                    {
                        ('#', false) => ParameterOperation.CutShortestPrefix,
                        ('#', true) => ParameterOperation.CutLongestPrefix,
                        (_, false) => ParameterOperation.CutShortestSuffix,
                        (_, true) => ParameterOperation.CutLongestSuffix,
                    },
                    Indirect = indirect,
                    Argument = new Word(ReadParts(WordMode.Braced), line),
                };
            case '/':
                return ReadReplacement(name, indirect, doubled, line);
            case ':':
                return ReadSlice(name, indirect, line);
            default:
                throw Error("a bad substitution");
        }
    }

    private ParameterPart ReadReplacement(string name, bool indirect, bool all, int line)
    {
        SawBash = true;
        ParameterOperation operation = all ? ParameterOperation.ReplaceAll : ParameterOperation.ReplaceFirst;
        if (!all && Here is '#' or '%')
        {
            operation = Take() == '#' ? ParameterOperation.ReplacePrefix : ParameterOperation.ReplaceSuffix;
        }

        Word pattern = new(ReadParts(WordMode.UpToSlash), line);
        Word? replacement = TakeCharacter('/') ? new Word(ReadParts(WordMode.Braced), line) : null;
        return new ParameterPart(name, line)
        {
            Operation = operation,
            Indirect = indirect,
            Argument = pattern,
            Second = replacement,
        };
    }

    private ParameterPart ReadSlice(string name, bool indirect, int line)
    {
        SawBash = true;
        Word offset = new(ReadParts(WordMode.UpToColon), line);
        Word? length = TakeCharacter(':') ? new Word(ReadParts(WordMode.Braced), line) : null;
        return new ParameterPart(name, line)
        {
            Operation = ParameterOperation.Slice,
            Indirect = indirect,
            Argument = offset,
            Second = length,
        };
    }

    private WordPart CloseBrace(WordPart part) => TakeCharacter('}') ? part : throw Error("${ is not closed");

    /// <summary>Reads the rest of <c>$'…'</c>, whose backslashes are those of C.</summary>
    private string ReadAnsiQuoted()
    {
        StringBuilder text = new();
        while (Here != '\'')
        {
            if (AtEnd)
            {
                throw Error("a single quote is not closed");
            }

            char c = Take();
            if (c == '\\' && !AtEnd)
            {
                text.Append(ReadEscape());
            }
            else
            {
                text.Append(c);
            }
        }

        _at++;
        return text.ToString();
    }

    private string ReadEscape()
    {
        char c = Take();
        switch (c)
        {
            case 'n':
                return "\n";
            case 't':
                return "\t";
            case 'r':
                return "\r";
            case 'a':
                return "\a";
            case 'b':
                return "\b";
            case 'f':
                return "\f";
            case 'v':
                return "\v";
            case 'e' or 'E':
                return "\x1b";
            case '\\' or '\'' or '"' or '?':
                return c.ToString();
            case 'x':
                return ((char)(ReadNumber(16, 2) & 0xff)).ToString();
            case 'u' or 'U':
                byte[] bytes = Encoding.UTF8.GetBytes(CodePoint(ReadNumber(16, c == 'u' ? 4 : 8)));
                return Encoding.Latin1.GetString(bytes);
            case >= '0' and <= '7':
                _at--;
                return ((char)(ReadNumber(8, 3) & 0xff)).ToString();
            default:
                return "\\" + c;
        }
    }

    private static string CodePoint(int value) => Rune.IsValid(value) ? new Rune(value).ToString() : "\uFFFD";

    private int ReadNumber(int @base, int digits)
    {
        int value = 0;
        for (; digits > 0; digits--, _at++)
        {
            int digit = Here switch
            {
                >= '0' and <= '9' => Here - '0',
                >= 'a' and <= 'f' => Here - 'a' + 10,
                >= 'A' and <= 'F' => Here - 'A' + 10,
                _ => 99,
            };
            if (digit >= @base)
            {
                break;
            }

            value = (value * @base) + digit;
        }

        return value;
    }
}
