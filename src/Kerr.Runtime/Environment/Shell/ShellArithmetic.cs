using System;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>Computes the text of <c>$((…))</c> in 64-bit integers; assignments are left to a real shell.</summary>
internal ref struct ShellArithmetic
{
    private readonly ShellVariables _variables;
    private readonly string _file;
    private readonly int _line;
    private ReadOnlySpan<char> _rest;
    private int _depth;

    private ShellArithmetic(string text, ShellVariables variables, string file, int line, int depth)
    {
        _rest = text.AsSpan().Trim(" \t\n\r");
        _variables = variables;
        _file = file;
        _line = line;
        _depth = depth;
    }

    internal static long Evaluate(string text, ShellVariables variables, string file, int line, int depth = 0)
    {
        ShellArithmetic reader = new(text, variables, file, line, depth);
        if (reader._rest.IsEmpty)
        {
            return 0;
        }

        long value = reader.Choice();
        return reader._rest.IsEmpty ? value : throw reader.Refuse();
    }

    private readonly ShellUnsupportedException Refuse() =>
        new(_file, _line, $"arithmetic at \"{_rest[..Math.Min(20, _rest.Length)]}\"");

    private bool Take(string text)
    {
        _rest = _rest.TrimStart(" \t\n\r");
        if (!_rest.StartsWith(text))
        {
            return false;
        }

        _rest = _rest[text.Length..];
        return true;
    }

    private long Choice()
    {
        if (++_depth > ShellLimits.SyntaxDepth)
        {
            throw Refuse();
        }

        long condition = Binary(0);
        if (Take("?"))
        {
            long yes = Choice();
            long no = Take(":") ? Choice() : throw Refuse();
            condition = condition != 0 ? yes : no;
        }

        _depth--;
        return condition;
    }

    // Loosest first; within a level the longer operator first.
    private static string[] Level(int level) => level switch
    {
        0 => ["||"],
        1 => ["&&"],
        2 => ["|"],
        3 => ["^"],
        4 => ["&"],
        5 => ["==", "!="],
        6 => ["<=", ">=", "<", ">"],
        7 => ["<<", ">>"],
        8 => ["+", "-"],
        9 => ["*", "/", "%"],
        _ => [],
    };

    private long Binary(int level)
    {
        if (level > 9)
        {
            return Unary();
        }

        long left = Binary(level + 1);
        while (Operator(level) is { } @operator)
        {
            left = Apply(left, @operator, Binary(level + 1));
        }

        return left;
    }

    private string? Operator(int level)
    {
        _rest = _rest.TrimStart(" \t\n\r");
        foreach (string candidate in Level(level))
        {
            if (!_rest.StartsWith(candidate))
            {
                continue;
            }

            // "|" is not the start of "||", nor "<" of "<<"; "+=" and the like assign.
            char next = _rest.Length > candidate.Length ? _rest[candidate.Length] : '\0';
            if (candidate.Length == 1 && (next == candidate[0] && candidate[0] is '|' or '&' or '<' or '>' or '*' or '+' or '-'))
            {
                continue;
            }

            if (next == '=' && candidate is not ("==" or "!=" or "<=" or ">=" or "<" or ">" or "||" or "&&"))
            {
                throw Refuse();
            }

            _rest = _rest[candidate.Length..];
            return candidate;
        }

        return null;
    }

    private readonly long Apply(long left, string @operator, long right)
    {
        switch (@operator)
        {
            case "||":
                return left != 0 || right != 0 ? 1 : 0;
            case "&&":
                return left != 0 && right != 0 ? 1 : 0;
            case "|":
                return left | right;
            case "^":
                return left ^ right;
            case "&":
                return left & right;
            case "==":
                return left == right ? 1 : 0;
            case "!=":
                return left != right ? 1 : 0;
            case "<=":
                return left <= right ? 1 : 0;
            case ">=":
                return left >= right ? 1 : 0;
            case "<":
                return left < right ? 1 : 0;
            case ">":
                return left > right ? 1 : 0;
            case "<<":
                return left << (int)(right & 63);
            case ">>":
                return left >> (int)(right & 63);
            case "+":
                return left + right;
            case "-":
                return left - right;
            case "*":
                return left * right;
            default:
                // Division by zero, and the one quotient that does not fit, are errors that differ by shell.
                if (right == 0 || (left == long.MinValue && right == -1))
                {
                    throw new ShellErrorException(_file, _line, "division by zero or overflow in an arithmetic expression");
                }

                return @operator == "/" ? left / right : left % right;
        }
    }

    private long Unary()
    {
        if (++_depth > ShellLimits.SyntaxDepth)
        {
            throw Refuse();
        }

        _rest = _rest.TrimStart(" \t\n\r");
        long value;
        if (_rest.StartsWith("++") || _rest.StartsWith("--"))
        {
            throw Refuse();
        }
        else if (Take("-"))
        {
            value = -Unary();
        }
        else if (Take("+"))
        {
            value = Unary();
        }
        else if (Take("~"))
        {
            value = ~Unary();
        }
        else if (Take("!"))
        {
            value = Unary() == 0 ? 1 : 0;
        }
        else if (Take("("))
        {
            value = Choice();
            if (!Take(")"))
            {
                throw Refuse();
            }
        }
        else
        {
            value = Primary();
        }

        _depth--;
        return value;
    }

    private long Primary()
    {
        int end = 0;
        while (end < _rest.Length && ShellParser.IsNamePart(_rest[end]))
        {
            end++;
        }

        ReadOnlySpan<char> token = _rest[..end];
        if (token.IsEmpty)
        {
            throw Refuse();
        }

        if (ShellParser.IsName(token))
        {
            _rest = _rest[end..];
            return Evaluate(_variables.Get(token.ToString()) ?? "", _variables, _file, _line, _depth + 1);
        }

        long? number = Number(token);
        if (number is null)
        {
            throw Refuse();
        }

        _rest = _rest[end..];
        return number.Value;
    }

    private static long? Number(ReadOnlySpan<char> token)
    {
        int @base = 10;
        if (token.StartsWith("0x") || token.StartsWith("0X"))
        {
            @base = 16;
            token = token[2..];
        }
        else if (token.Length > 1 && token[0] == '0')
        {
            @base = 8;
            token = token[1..];
        }

        long value = 0;
        foreach (char c in token)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= @base)
            {
                return null;
            }

            value = unchecked((value * @base) + digit);
        }

        return token.IsEmpty ? null : value;
    }
}
