using System;
using System.Collections.Generic;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Build.Sections;

/// <summary>What commands do to the shell that runs them, as far as it can be told by looking at them.</summary>
internal sealed class ScriptEffects
{
    // What these do to a shell cannot be handed to another one, or not be seen in the script.
    private static readonly HashSet<string> s_opaque = new(StringComparer.Ordinal)
    {
        "exec", "trap", "alias", "unalias", "shift", "eval", ".", "source", "ulimit", "wait", "bg", "fg", "jobs", "enable", "shopt", "builtin",
        "command", "let", "local", "getopts", "mapfile", "readarray", "pushd", "popd", "dirs", "disown", "coproc", "set", "exit", "return",
        "declare", "typeset", "env_parallel", "hash", "times", "time",
    };

    private readonly SortedSet<string> _assigned = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _exported = new(StringComparer.Ordinal);

    /// <summary>Variables that get a value.</summary>
    internal IReadOnlyCollection<string> Assigned => _assigned;

    internal IReadOnlyCollection<string> Exported => _exported;

    /// <summary>A plain <c>set -e</c> and its like, which can be repeated.</summary>
    internal static bool IsOptionChange(Command command)
    {
        if (command is not SimpleCommand { Assignments.Length: 0, Redirections.Length: 0, Words: [{ Plain: "set" }, _, ..] } simple)
        {
            return false;
        }

        bool name = false;
        foreach (Word word in simple.Words.AsSpan(1))
        {
            bool option = word.Plain is { Length: > 1 } text && text[0] is '-' or '+' && word.Plain != "--" && !word.Plain!.Contains('a', StringComparison.Ordinal);
            if (!option && !(name && word.Plain is not null))
            {
                return false;
            }

            name = word.Plain is "-o" or "+o";
        }

        return true;
    }

    /// <summary>Notes what a command does; false when that cannot be told.</summary>
    internal bool Add(Command command, bool outermost = false) => command switch
    {
        SimpleCommand simple => (outermost && IsOptionChange(simple)) || AddSimple(simple),
        Declaration declaration => AddDeclaration(declaration),
        Sequence sequence => All(sequence.Commands),
        Conjunction conjunction => Add(conjunction.First) && Array.TrueForAll(conjunction.Rest, item => Add(item.Command)),
        Negation negation => Add(negation.Inner),
        Redirected redirected => Add(redirected.Inner) && Array.TrueForAll(redirected.Redirections, item => IsQuiet(item.Target)),
        IfCommand choice => All(choice.Conditions) && All(choice.Bodies) && (choice.Otherwise is null || Add(choice.Otherwise)),
        ForCommand loop => AddName(loop.Name) && Array.TrueForAll(loop.Words ?? [], IsQuiet) && Add(loop.Body),
        LoopCommand loop => Add(loop.Condition) && Add(loop.Body),
        CaseCommand branches => IsQuiet(branches.Subject) && Array.TrueForAll(branches.Branches, branch => Add(branch.Body)),
        FunctionDefinition function => outermost && Add(function.Body),
        Subshell => true,
        ForeignCommand { Construct: "a pipe" } => true,
        ConditionCommand => true,
        _ => false,
    };

    private bool All(Command[] commands) => Array.TrueForAll(commands, command => Add(command));

    private bool AddSimple(SimpleCommand simple)
    {
        foreach (Word word in simple.Words)
        {
            if (!IsQuiet(word))
            {
                return false;
            }
        }

        foreach (Redirection redirection in simple.Redirections)
        {
            if (!IsQuiet(redirection.Target))
            {
                return false;
            }
        }

        foreach (Assignment assignment in simple.Assignments)
        {
            if (!IsQuiet(assignment.Value) || (simple.Words.Length == 0 && !AddName(assignment.Name)))
            {
                return false;
            }
        }

        if (simple.Words.Length == 0)
        {
            return true;
        }

        // A name that is computed could be anything.
        string? name = simple.Words[0].Plain;
        if (name is null || s_opaque.Contains(name))
        {
            return false;
        }

        return name switch
        {
            "read" or "unset" => AddNames(simple.Words),
            "printf" => simple.Words is not [_, { Plain: "-v" }, ..],
            _ => true,
        };
    }

    private bool AddDeclaration(Declaration declaration)
    {
        if (declaration.Keyword is not ("export" or "readonly"))
        {
            return false;
        }

        foreach (DeclarationOperand operand in declaration.Operands)
        {
            string? name = operand.Assignment?.Name ?? operand.Word?.Plain;
            if (name is null || name.StartsWith('-') || !AddName(name) || (operand.Assignment is { } assignment && !IsQuiet(assignment.Value)))
            {
                return false;
            }

            if (declaration.Keyword == "export")
            {
                _exported.Add(name);
            }
        }

        return true;
    }

    private bool AddNames(Word[] words)
    {
        foreach (Word word in words.AsSpan(1))
        {
            if (word.Plain is not { } name || (!name.StartsWith('-') && !AddName(name)))
            {
                return false;
            }
        }

        return true;
    }

    private bool AddName(string name)
    {
        if (!ShellParser.IsName(name) || name is "IFS" or "PATH_SEPARATOR" or "OPTIND" or "PWD" or "OLDPWD")
        {
            return false;
        }

        _assigned.Add(name);
        return true;
    }

    /// <summary>Whether expanding a word changes nothing and tells the same in another shell.</summary>
    private static bool IsQuiet(Word word) => Array.TrueForAll(word.Parts, IsQuiet);

    private static bool IsQuiet(WordPart part) => part switch
    {
        TextPart or TildePart => true,
        QuotedPart quoted => Array.TrueForAll(quoted.Parts, IsQuiet),
        CommandPart => true,        // a subshell
        ParameterPart parameter => parameter.Operation != ParameterOperation.Assign && !parameter.Indirect
            && parameter.Name is not ("$" or "!" or "_" or "LINENO" or "SECONDS" or "RANDOM" or "BASH_SOURCE" or "FUNCNAME" or "0")
            && (parameter.Argument is null || IsQuiet(parameter.Argument)) && (parameter.Second is null || IsQuiet(parameter.Second)),
        ArithmeticPart arithmetic => IsPlainArithmetic(arithmetic.Expression),
        _ => false,
    };

    private static bool IsPlainArithmetic(Word expression)
    {
        foreach (WordPart part in expression.Parts)
        {
            if (part is TextPart text && (text.Text.Contains('=', StringComparison.Ordinal) || text.Text.Contains("++", StringComparison.Ordinal)
                || text.Text.Contains("--", StringComparison.Ordinal)))
            {
                return false;
            }
        }

        return IsQuiet(expression);
    }
}
