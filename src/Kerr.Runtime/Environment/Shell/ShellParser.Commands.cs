using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the parser that reads lists, pipelines and simple commands.</summary>
internal sealed partial class ShellParser
{
    private Sequence ReadList()
    {
        Enter();
        List<Command> commands = [];
        SkipLines();
        int line = _line;
        while (!AtListEnd())
        {
            Command command = ReadConjunction();
            SkipBlanks();
            if (Here == '&')
            {
                command = new ForeignCommand("a command in the background", command.Line);
                _at++;
            }
            else if (Here == ';' && Next is not (';' or '&'))
            {
                _at++;
            }
            else if (Here != '\n' && !AtListEnd())
            {
                throw Unexpected();
            }

            commands.Add(command);
            SkipLines();
        }

        _depth--;
        return new Sequence([.. commands], line);
    }

    private bool AtListEnd()
    {
        if (AtEnd || Here == ')' || (Here == ';' && Next is ';' or '&'))
        {
            return true;
        }

        return PeekWord() is "then" or "else" or "elif" or "fi" or "do" or "done" or "esac" or "}";
    }

    private Command ReadConjunction()
    {
        Command first = ReadPipeline();
        List<(bool IsAnd, Command Command)> rest = [];
        while (true)
        {
            SkipBlanks();
            bool isAnd = StartsWith("&&");
            if (!isAnd && !StartsWith("||"))
            {
                return rest.Count == 0 ? first : new Conjunction(first, [.. rest], first.Line);
            }

            _at += 2;
            SkipLines();
            rest.Add((isAnd, ReadPipeline()));
        }
    }

    private Command ReadPipeline()
    {
        int line = _line;
        bool negated = false;
        while (TakeWord("!"))
        {
            negated = !negated;
            SkipBlanks();
        }

        Command command = ReadCommand();
        SkipBlanks();
        while (Here == '|' && Next != '|')
        {
            _at += Next == '&' ? 2 : 1;
            SkipLines();
            ReadCommand();
            SkipBlanks();
            command = new ForeignCommand("a pipe", line);
        }

        return negated ? new Negation(command, line) : command;
    }

    private Command ReadCommand()
    {
        Enter();
        int line = _line;
        SkipBlanks();
        Command? compound = ReadCompound();
        Command command = compound is null ? ReadSimple() : WithRedirections(compound, line);
        _depth--;
        return command;
    }

    private Command WithRedirections(Command command, int line)
    {
        List<Redirection> redirections = [];
        for (SkipBlanks(); TryReadRedirection(redirections); SkipBlanks())
        {
        }

        return redirections.Count == 0 ? command : new Redirected(command, [.. redirections], line);
    }

    private Command ReadSimple()
    {
        int line = _line;
        List<Assignment> assignments = [];
        List<Word> words = [];
        List<Redirection> redirections = [];
        for (SkipBlanks(); !AtEnd; SkipBlanks())
        {
            if (TryReadRedirection(redirections))
            {
                continue;
            }

            if (Here == '(' && words.Count == 1 && assignments.Count == 0 && words[0].Plain is { } name)
            {
                return ReadFunctionBody(name, line);
            }

            if (IsMeta(Here))
            {
                break;
            }

            if (words.Count == 0 && TryReadAssignment() is { } assignment)
            {
                assignments.Add(assignment);
                continue;
            }

            words.Add(ReadWord());
            if (words.Count == 1 && words[0].Plain is "export" or "readonly" or "declare" or "typeset" or "local"
                && assignments.Count == 0)
            {
                return ReadDeclaration(words[0].Plain!, redirections, line);
            }
        }

        if (words.Count == 0 && assignments.Count == 0 && redirections.Count == 0)
        {
            throw Unexpected();
        }

        SawBash |= words.Count > 0 && words[0].Plain is "source" or "shopt" or "let" or "pushd" or "popd" or "mapfile";
        SawBash |= words.Count > 0 && words[0].Plain is "[" or "test" && words.Exists(word => word.Plain is "==" or "-v");
        return new SimpleCommand([.. assignments], [.. words], [.. redirections], line);
    }

    private Declaration ReadDeclaration(string keyword, List<Redirection> redirections, int line)
    {
        SawBash |= keyword is "declare" or "typeset";
        List<DeclarationOperand> operands = [];
        for (SkipBlanks(); !AtEnd; SkipBlanks())
        {
            if (TryReadRedirection(redirections))
            {
                continue;
            }

            if (IsMeta(Here))
            {
                break;
            }

            Assignment? assignment = TryReadAssignment();
            operands.Add(assignment is null ? new(null, ReadWord()) : new(assignment, null));
        }

        return new Declaration(keyword, [.. operands], [.. redirections], line);
    }

    private Assignment? TryReadAssignment()
    {
        if (!IsNameStart(Here))
        {
            return null;
        }

        int end = _at + 1;
        while (end < _text.Length && IsNamePart(_text[end]))
        {
            end++;
        }

        string name = _text[_at..end];
        bool indexed = end < _text.Length && _text[end] == '[';
        if (indexed)
        {
            int close = _text.IndexOf(']', end);
            int lineEnd = _text.IndexOf('\n', end);
            if (close < 0 || (lineEnd >= 0 && lineEnd < close))
            {
                return null;
            }

            end = close + 1;
        }

        bool append = end < _text.Length && _text[end] == '+';
        end += append ? 1 : 0;
        if (end >= _text.Length || _text[end] != '=')
        {
            return null;
        }

        int line = _line;
        _at = end + 1;
        SawBash |= append || indexed;
        if (Here == '(')
        {
            SawBash = true;
            SkipArray();
            return new Assignment(name, append, new Word([new ForeignPart("an array", line)], line));
        }

        WordPart[] parts = ReadParts(WordMode.Assignment);
        return indexed
            ? new Assignment(name, append, new Word([new ForeignPart("an array", line)], line))
            : new Assignment(name, append, new Word(parts, line));
    }

    private void SkipArray()
    {
        _at++;
        for (SkipLines(); Here != ')'; SkipLines())
        {
            if (AtEnd || IsMeta(Here))
            {
                throw Unexpected();
            }

            ReadWord();
        }

        _at++;
    }

    private bool TryReadRedirection(List<Redirection> redirections)
    {
        int start = _at;
        while (Here is >= '0' and <= '9' && _at - start < 4)
        {
            _at++;
        }

        bool both = _at == start && Here == '&' && Next == '>';
        if (!both && Here is not ('<' or '>'))
        {
            _at = start;
            return false;
        }

        int descriptor = _at == start ? -1 : int.Parse(_text.AsSpan(start, _at - start));
        string @operator = "";
        foreach (string candidate in Operators)
        {
            if (StartsWith(candidate))
            {
                @operator = candidate;
                break;
            }
        }

        SawBash |= both || @operator == "<<<";
        _at += @operator.Length;
        if (Here == '(')
        {
            SawBash = true;
            throw Error("process substitution");
        }

        SkipBlanks();
        if (AtEnd || IsMeta(Here))
        {
            throw Unexpected();
        }

        Word target = ReadWord();
        if (@operator is "<<" or "<<-")
        {
            _hereDocuments.Add((Unquoted(target), @operator == "<<-"));
        }

        redirections.Add(new Redirection(@operator, descriptor, target));
        return true;
    }

    // The longest first.
    private static string[] Operators => ["&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"];

    private static string Unquoted(Word word)
    {
        string text = "";
        foreach (WordPart part in word.Parts)
        {
            text += part is QuotedPart quoted ? Unquoted(new Word(quoted.Parts, 0)) : (part as TextPart)?.Text;
        }

        return text;
    }
}
