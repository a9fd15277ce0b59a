using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the parser that reads what has an end word: if, case, loops, groups, functions.</summary>
internal sealed partial class ShellParser
{
    /// <summary>The compound command that starts here, or null when a simple one does.</summary>
    private Command? ReadCompound()
    {
        int line = _line;
        if (Here == '(')
        {
            return Next == '(' ? ReadArithmeticCommand(line) : ReadSubshell(line);
        }

        switch (PeekWord())
        {
            case "if":
                _at += 2;
                return ReadIf(line);
            case "for":
                _at += 3;
                return ReadFor(line);
            case "while":
                _at += 5;
                return ReadLoop(line, until: false);
            case "until":
                _at += 5;
                return ReadLoop(line, until: true);
            case "case":
                _at += 4;
                return ReadCase(line);
            case "{":
                _at++;
                Command body = ReadList();
                ExpectWord("}");
                return body;
            case "function":
                _at += 8;
                SawBash = true;
                SkipBlanks();
                string name = ReadWord().Plain ?? throw Unexpected();
                SkipBlanks();
                return ReadFunctionBody(name, line);
            case "[[":
                _at += 2;
                SawBash = true;
                Condition condition = ReadConditionOr();
                ExpectWord("]]");
                return new ConditionCommand(condition, line);
            case "then" or "else" or "elif" or "fi" or "do" or "done" or "esac" or "}" or "select" or "coproc":
                throw Unexpected();
            default:
                return null;
        }
    }

    private Subshell ReadSubshell(int line)
    {
        _at++;
        Command body = ReadList();
        if (Here != ')')
        {
            throw Unexpected();
        }

        _at++;
        return new Subshell(body, line);
    }

    private ForeignCommand ReadArithmeticCommand(int line)
    {
        SawBash = true;
        if (ArithmeticEnd(_at + 2) is not { } end)
        {
            throw Error("(( without ))");
        }

        while (_at < end + 2)
        {
            Take();
        }

        return new ForeignCommand("an arithmetic command", line);
    }

    private IfCommand ReadIf(int line)
    {
        List<Command> conditions = [];
        List<Command> bodies = [];
        Command? otherwise = null;
        do
        {
            conditions.Add(ReadList());
            ExpectWord("then");
            bodies.Add(ReadList());
        }
        while (TakeWord("elif"));

        if (TakeWord("else"))
        {
            otherwise = ReadList();
        }

        ExpectWord("fi");
        return new IfCommand([.. conditions], [.. bodies], otherwise, line);
    }

    private ForCommand ReadFor(int line)
    {
        SkipBlanks();
        string? name = Here == '(' ? null : ReadWord().Plain;
        if (name is null || !IsName(name))
        {
            throw Error("for without a name");
        }

        List<Word>? words = null;
        SkipLines();
        if (TakeWord("in"))
        {
            words = [];
            for (SkipBlanks(); !AtEnd && !IsMeta(Here); SkipBlanks())
            {
                words.Add(ReadWord());
            }
        }

        SkipBlanks();
        if (Here == ';')
        {
            _at++;
        }

        return new ForCommand(name, words?.ToArray(), ReadBody(), line);
    }

    private LoopCommand ReadLoop(int line, bool until)
    {
        Command condition = ReadList();
        return new LoopCommand(condition, until, ReadBody(), line);
    }

    private Sequence ReadBody()
    {
        ExpectWord("do");
        Sequence body = ReadList();
        ExpectWord("done");
        return body;
    }

    private CaseCommand ReadCase(int line)
    {
        SkipBlanks();
        Word subject = ReadWord();
        ExpectWord("in");
        List<CaseBranch> branches = [];
        for (SkipLines(); !TakeWord("esac"); SkipLines())
        {
            List<Word> patterns = [];
            if (Here == '(')
            {
                _at++;
            }

            do
            {
                SkipBlanks();
                if (AtEnd || IsMeta(Here))
                {
                    throw Unexpected();
                }

                patterns.Add(ReadWord());
                SkipBlanks();
            }
            while (TakeCharacter('|'));

            if (!TakeCharacter(')'))
            {
                throw Unexpected();
            }

            Command body = ReadList();
            branches.Add(new CaseBranch([.. patterns], body, ReadCaseEnd()));
        }

        return new CaseCommand(subject, [.. branches], line);
    }

    private CaseEnd ReadCaseEnd()
    {
        foreach ((string text, CaseEnd end) in new[]
        {
            (";;&", CaseEnd.TestNext), (";;", CaseEnd.Leave), (";&", CaseEnd.FallThrough),
        })
        {
            if (StartsWith(text))
            {
                _at += text.Length;
                SawBash |= end != CaseEnd.Leave;
                return end;
            }
        }

        return PeekWord() is "esac" ? CaseEnd.Leave : throw Unexpected();
    }

    private bool TakeCharacter(char c)
    {
        if (Here != c || AtEnd)
        {
            return false;
        }

        _at++;
        return true;
    }

    private FunctionDefinition ReadFunctionBody(string name, int line)
    {
        if (TakeCharacter('('))
        {
            SkipBlanks();
            if (!TakeCharacter(')'))
            {
                throw Unexpected();
            }
        }

        SkipLines();
        return new FunctionDefinition(name, ReadCommand(), line);
    }

    private Condition ReadConditionOr()
    {
        Enter();
        Condition left = ReadConditionAnd();
        for (int terms = 1; TakeConditionOperator("||"); terms++)
        {
            LimitTerms(terms);
            left = new Condition("||", left, ReadConditionAnd(), null, null, left.Line);
        }

        _depth--;
        return left;
    }

    private Condition ReadConditionAnd()
    {
        Condition left = ReadConditionTerm();
        for (int terms = 1; TakeConditionOperator("&&"); terms++)
        {
            LimitTerms(terms);
            left = new Condition("&&", left, ReadConditionTerm(), null, null, left.Line);
        }

        return left;
    }

    /// <remarks>Terms nest to the left in the tree: their number is a depth.</remarks>
    private void LimitTerms(int terms)
    {
        if (terms > ShellLimits.SyntaxDepth)
        {
            throw new ShellUnsupportedException(_file, _line, "a condition of too many terms", ShellRefusal.Limit);
        }
    }

    private bool TakeConditionOperator(string text)
    {
        SkipLines();
        if (!StartsWith(text))
        {
            return false;
        }

        _at += 2;
        return true;
    }

    private Condition ReadConditionTerm()
    {
        SkipLines();
        int line = _line;
        if (TakeWord("!"))
        {
            Enter();
            Condition inner = ReadConditionTerm();
            _depth--;
            return new Condition("!", inner, null, null, null, line);
        }

        if (TakeCharacter('('))
        {
            Condition inner = ReadConditionOr();
            return TakeCharacter(')') ? inner : throw Unexpected();
        }

        Word left = ReadConditionWord();
        if (left.Plain is ['-', >= 'a' and <= 'z' or >= 'A' and <= 'Z'] unary && !AtConditionEnd())
        {
            return new Condition(unary, null, null, ReadConditionWord(), null, line);
        }

        if (AtConditionEnd())
        {
            return new Condition("-n", null, null, left, null, line);
        }

        string? @operator = Here is '<' or '>' ? Take().ToString() : ReadWord().Plain;
        if (@operator is null or "=~")
        {
            throw Error("a regular expression or unknown operator in [[ ]]");
        }

        return new Condition(@operator, null, null, left, ReadConditionWord(), line);
    }

    private bool AtConditionEnd()
    {
        SkipLines();
        return AtEnd || Here is ')' or '&' or '|' || PeekWord() is "]]";
    }

    private Word ReadConditionWord()
    {
        SkipLines();
        return AtEnd || IsMeta(Here) || PeekWord() is "]]" ? throw Unexpected() : ReadWord();
    }
}
