namespace Kerr.Runtime.Environment.Shell;

/// <summary>A node of the syntax tree of a script.</summary>
internal abstract class Command(int line)
{
    internal readonly int Line = line;
}

/// <summary>Commands one after the other.</summary>
internal sealed class Sequence(Command[] commands, int line) : Command(line)
{
    internal readonly Command[] Commands = commands;
}

/// <summary>Commands joined by <c>&amp;&amp;</c> and <c>||</c>, which bind equally and to the left.</summary>
internal sealed class Conjunction(Command first, (bool IsAnd, Command Command)[] rest, int line) : Command(line)
{
    internal readonly Command First = first;
    internal readonly (bool IsAnd, Command Command)[] Rest = rest;
}

/// <summary><c>! command</c>.</summary>
internal sealed class Negation(Command inner, int line) : Command(line)
{
    internal readonly Command Inner = inner;
}

/// <summary>A command of a kind that is refused when it is reached: a pipe, a job in the background, <c>((…))</c>.</summary>
internal sealed class ForeignCommand(string construct, int line) : Command(line)
{
    internal readonly string Construct = construct;
}

/// <summary><c>NAME=word</c> or <c>NAME+=word</c>.</summary>
internal sealed class Assignment(string name, bool append, Word value)
{
    internal readonly string Name = name;
    internal readonly bool Append = append;
    internal readonly Word Value = value;
}

/// <summary>One redirection: operator, descriptor (-1 when none is written), target.</summary>
internal sealed class Redirection(string @operator, int descriptor, Word target)
{
    internal readonly string Operator = @operator;
    internal readonly int Descriptor = descriptor;
    internal readonly Word Target = target;
}

/// <summary>Assignments, words and redirections: what most lines of a script are.</summary>
internal sealed class SimpleCommand(
    Assignment[] assignments, Word[] words, Redirection[] redirections, int line) : Command(line)
{
    internal readonly Assignment[] Assignments = assignments;
    internal readonly Word[] Words = words;
    internal readonly Redirection[] Redirections = redirections;
}

/// <summary>One operand of a declaration: an assignment, or a word (an option, a name).</summary>
internal readonly record struct DeclarationOperand(Assignment? Assignment, Word? Word);

/// <summary><c>export</c>, <c>readonly</c>, <c>declare</c>, <c>typeset</c>: their operands are assignments, not fields.</summary>
internal sealed class Declaration(
    string keyword, DeclarationOperand[] operands, Redirection[] redirections, int line) : Command(line)
{
    internal readonly string Keyword = keyword;
    internal readonly DeclarationOperand[] Operands = operands;
    internal readonly Redirection[] Redirections = redirections;
}

/// <summary>A compound command with redirections behind it.</summary>
internal sealed class Redirected(Command inner, Redirection[] redirections, int line) : Command(line)
{
    internal readonly Command Inner = inner;
    internal readonly Redirection[] Redirections = redirections;
}

/// <summary><c>if</c> with its <c>elif</c>s: conditions and bodies in order, and what stands behind <c>else</c>.</summary>
internal sealed class IfCommand(Command[] conditions, Command[] bodies, Command? otherwise, int line) : Command(line)
{
    internal readonly Command[] Conditions = conditions;
    internal readonly Command[] Bodies = bodies;
    internal readonly Command? Otherwise = otherwise;
}

/// <summary><c>for name in words</c>; without <c>in</c> the words are the positional parameters.</summary>
internal sealed class ForCommand(string name, Word[]? words, Command body, int line) : Command(line)
{
    internal readonly string Name = name;
    internal readonly Word[]? Words = words;
    internal readonly Command Body = body;
}

/// <summary><c>while</c> or <c>until</c>.</summary>
internal sealed class LoopCommand(Command condition, bool until, Command body, int line) : Command(line)
{
    internal readonly Command Condition = condition;
    internal readonly bool Until = until;
    internal readonly Command Body = body;
}

/// <summary>How a branch of <c>case</c> ends: <c>;;</c>, <c>;&amp;</c> or <c>;;&amp;</c>.</summary>
internal enum CaseEnd
{
    Leave,
    FallThrough,
    TestNext,
}

/// <summary>One branch of <c>case</c>.</summary>
internal readonly record struct CaseBranch(Word[] Patterns, Command Body, CaseEnd End);

/// <summary><c>case subject in … esac</c>.</summary>
internal sealed class CaseCommand(Word subject, CaseBranch[] branches, int line) : Command(line)
{
    internal readonly Word Subject = subject;
    internal readonly CaseBranch[] Branches = branches;
}

/// <summary><c>( … )</c>.</summary>
internal sealed class Subshell(Command body, int line) : Command(line)
{
    internal readonly Command Body = body;
}

/// <summary><c>name() { … }</c>.</summary>
internal sealed class FunctionDefinition(string name, Command body, int line) : Command(line)
{
    internal readonly string Name = name;
    internal readonly Command Body = body;
}

/// <summary><c>[[ … ]]</c>.</summary>
internal sealed class ConditionCommand(Condition condition, int line) : Command(line)
{
    internal readonly Condition Condition = condition;
}

/// <summary>A term of <c>[[ … ]]</c>: <c>!</c>, <c>&amp;&amp;</c> and <c>||</c> have conditions, the tests have words.</summary>
internal sealed class Condition(string @operator, Condition? first, Condition? second, Word? left, Word? right, int line)
{
    internal readonly string Operator = @operator;
    internal readonly Condition? First = first;
    internal readonly Condition? Second = second;
    internal readonly Word? Left = left;
    internal readonly Word? Right = right;
    internal readonly int Line = line;
}
