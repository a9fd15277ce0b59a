using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>Evaluates the operands of <c>test</c> and <c>[</c>.</summary>
/// <remarks>Up to four operands are read by their number, as POSIX wants; more by precedence: or, and, not.</remarks>
internal sealed class ShellTest(ShellInterpreter shell, List<string> operands, int line)
{
    private int _at;

    // Parentheses nest by operands: their number bounds the depth.
    internal bool Evaluate() => operands.Count <= 4 * ShellLimits.SyntaxDepth ? Counted(0, operands.Count) : throw Refuse();

    private bool Counted(int from, int count)
    {
        switch (count)
        {
            case 0:
                return false;
            case 1:
                return operands[from].Length > 0;
            case 2 when operands[from] == "!":
                return !Counted(from + 1, 1);
            case 2:
                return shell.UnaryTest(operands[from], operands[from + 1], line);
            case 3 when IsBinary(operands[from + 1]):
                return shell.BinaryTest(operands[from], operands[from + 1], operands[from + 2], line);
            case 3 when operands[from + 1] is "-a":
                return Counted(from, 1) && Counted(from + 2, 1);
            case 3 when operands[from + 1] is "-o":
                return Counted(from, 1) || Counted(from + 2, 1);
            case 3 or 4 when operands[from] == "!":
                return !Counted(from + 1, count - 1);
            case 3 or 4 when operands[from] == "(" && operands[from + count - 1] == ")":
                return Counted(from + 1, count - 2);
        }

        bool result = Or();
        return _at == operands.Count ? result : throw Refuse();
    }

    private ShellUnsupportedException Refuse() =>
        new(shell.File, line, "a test that reads \"" + string.Join(' ', operands) + "\"");

    private bool Take(string what)
    {
        if (_at >= operands.Count || operands[_at] != what)
        {
            return false;
        }

        _at++;
        return true;
    }

    private string TakeAny() => _at < operands.Count ? operands[_at++] : throw Refuse();

    private bool Or()
    {
        bool result = And();
        while (Take("-o"))
        {
            result |= And();
        }

        return result;
    }

    private bool And()
    {
        bool result = Not();
        while (Take("-a"))
        {
            result &= Not();
        }

        return result;
    }

    private bool Not()
    {
        bool negated = false;
        while (Take("!"))
        {
            negated = !negated;
        }

        return Term() != negated;
    }

    private bool Term()
    {
        if (Take("("))
        {
            bool inner = Or();
            return Take(")") ? inner : throw Refuse();
        }

        string first = TakeAny();
        if (_at + 1 < operands.Count && IsBinary(operands[_at]))
        {
            string @operator = TakeAny();
            return shell.BinaryTest(first, @operator, TakeAny(), line);
        }

        if (first is ['-', _] && _at < operands.Count && operands[_at] is not ("-a" or "-o" or ")"))
        {
            return shell.UnaryTest(first, TakeAny(), line);
        }

        return first.Length > 0;
    }

    private static bool IsBinary(string text) => text is "=" or "==" or "!=" or "<" or ">" or "-eq" or "-ne" or "-lt"
        or "-le" or "-gt" or "-ge" or "-nt" or "-ot" or "-ef";
}
