namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the interpreter that answers single tests, of <c>[</c> and of <c>[[</c>.</summary>
internal sealed partial class ShellInterpreter
{
    internal string File => _file;

    internal bool UnaryTest(string @operator, string operand, int line)
    {
        switch (@operator)
        {
            case "-n":
                return operand.Length > 0;
            case "-z":
                return operand.Length == 0;
            case "-v" when ShellParser.IsName(operand):
                return Variables.Get(operand) is not null;
            case "-e" or "-f" or "-d" or "-x":
                return TestFile(@operator, operand, line);
            default:
                throw Unsupported(line, "test " + @operator);
        }
    }

    private bool TestFile(string @operator, string path, int line)
    {
        if (path.Length == 0)
        {
            return false;
        }

        ShellFileFact fact = path[0] == '/' && _options.Files is { } files ? files.Look(path) : ShellFileFact.Unknown;
        if (fact == ShellFileFact.Unknown)
        {
            throw Unsupported(line, $"test {@operator} {path}, which is not known before the launch");
        }

        return @operator switch
        {
            "-e" => fact != ShellFileFact.Missing,
            "-f" => fact is ShellFileFact.File or ShellFileFact.ExecutableFile,
            "-d" => fact == ShellFileFact.Directory,
            _ => fact is ShellFileFact.ExecutableFile or ShellFileFact.Directory,
        };
    }

    internal bool BinaryTest(string left, string @operator, string right, int line)
    {
        switch (@operator)
        {
            case "=" or "==":
                return left == right;
            case "!=":
                return left != right;
            case "<":
                return string.CompareOrdinal(left, right) < 0;
            case ">":
                return string.CompareOrdinal(left, right) > 0;
            case "-eq" or "-ne" or "-lt" or "-le" or "-gt" or "-ge":
                if (!Integer(left, out long a) || !Integer(right, out long b))
                {
                    throw Unsupported(line, $"comparing \"{left}\" and \"{right}\" as numbers");
                }

                return Compare(a, @operator, b);
            default:
                throw Unsupported(line, "test " + @operator);
        }
    }

    private static bool Integer(string text, out long value) =>
        long.TryParse(text.Trim(' ').TrimStart('+'), System.Globalization.NumberStyles.AllowLeadingSign, null, out value);

    private static bool Compare(long a, string @operator, long b) => @operator switch
    {
        "-eq" => a == b,
        "-ne" => a != b,
        "-lt" => a < b,
        "-le" => a <= b,
        "-gt" => a > b,
        _ => a >= b,
    };

    private bool Holds(Condition condition)
    {
        switch (condition.Operator)
        {
            case "!":
                return !Holds(condition.First!);
            case "&&":
                return Holds(condition.First!) && Holds(condition.Second!);
            case "||":
                return Holds(condition.First!) || Holds(condition.Second!);
        }

        if (condition.Right is null)
        {
            return UnaryTest(condition.Operator, Scalar(condition.Left!), condition.Line);
        }

        if (condition.Operator is "=" or "==" or "!=")
        {
            bool matches = Matches(Pattern(condition.Right), Scalar(condition.Left!), condition.Line);
            return matches == (condition.Operator != "!=");
        }

        return BinaryTest(Scalar(condition.Left!), condition.Operator, Scalar(condition.Right), condition.Line);
    }
}
