using System;
using System.Collections.Generic;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>
/// Runs scripts on variables alone: no program is started, no file is written. What only a real shell can do throws
/// <see cref="ShellUnsupportedException"/> at the moment it is reached.
/// </summary>
internal sealed partial class ShellInterpreter
{
    private readonly ShellOptions _options;
    private readonly ShellLimits _limits;
    private readonly Dictionary<string, Command> _functions = [];
    private string _file = "";
    private int _currentLine = 1;
    private int _status;
    private int _callDepth;
    private int _functionDepth;
    private int _loopDepth;
    private bool _substituted;
    private Flow _flow;
    private int _flowLevels;
    private StringBuilder? _output;

    internal ShellInterpreter(ShellVariables variables, ShellOptions options)
        : this(variables, options, new ShellLimits())
    {
    }

    private ShellInterpreter(ShellVariables variables, ShellOptions options, ShellLimits limits)
    {
        Variables = variables;
        Arguments = options.Arguments;
        _options = options;
        _limits = limits;
        _output = options.KeepsOutput ? new StringBuilder() : null;
    }

    /// <summary>What makes the commands behind it be passed over.</summary>
    private enum Flow
    {
        Normal,
        Break,
        Continue,
        Return,
        Exit,
    }

    internal ShellVariables Variables { get; private set; }

    internal IReadOnlyList<string> Arguments { get; private set; }

    /// <summary>What a shell would have written to standard error without giving up.</summary>
    internal List<string> Messages { get; } = [];

    internal string Output => _output?.ToString() ?? "";

    internal int Status => _status;

    /// <summary>The command line that a runscript's <c>exec</c> asked for.</summary>
    internal IReadOnlyList<string>? Executed { get; private set; }

    /// <summary>Runs a script in this shell, as <c>.</c> does.</summary>
    internal void Run(string text, string file)
    {
        string before = _file;
        int line = _currentLine;
        _file = file;
        Run(ShellParser.ParseScript(text, file));
        _file = before;
        _currentLine = line;
        if (_flow == Flow.Return)
        {
            _flow = Flow.Normal;
        }
    }

    /// <summary>Expands one word that stands outside any script; <paramref name="file"/> names it in errors.</summary>
    internal string Evaluate(Word word, string file)
    {
        (string before, int line) = (_file, _currentLine);
        (_file, _currentLine) = (file, word.Line);
        string value = Scalar(word);
        (_file, _currentLine) = (before, line);
        return value;
    }

    private ShellUnsupportedException Unsupported(int line, string construct) => new(_file, line, construct);

    private void Run(Command command)
    {
        if (command is Sequence sequence)
        {
            foreach (Command inner in sequence.Commands)
            {
                Run(inner);
                if (_flow != Flow.Normal)
                {
                    return;
                }
            }

            return;
        }

        _currentLine = command.Line;
        if (!_limits.Step())
        {
            throw new ShellUnsupportedException(_file, command.Line, "the script runs too long", ShellRefusal.Limit);
        }

        switch (command)
        {
            case SimpleCommand simple:
                RunSimple(simple);
                break;
            case Declaration declaration:
                RunDeclaration(declaration);
                break;
            case Conjunction conjunction:
                RunConjunction(conjunction);
                break;
            case Negation negation:
                Run(negation.Inner);
                _status = _status == 0 ? 1 : 0;
                break;
            case IfCommand branch:
                RunIf(branch);
                break;
            case ForCommand loop:
                RunFor(loop);
                break;
            case LoopCommand loop:
                RunLoop(loop);
                break;
            case CaseCommand choice:
                RunCase(choice);
                break;
            case ConditionCommand condition:
                _status = Holds(condition.Condition) ? 0 : 1;
                break;
            case FunctionDefinition function:
                _functions[function.Name] = function.Body;
                _status = 0;
                break;
            case Redirected redirected:
                RunRedirected(redirected);
                break;
            case Subshell subshell:
                RunSubshell(subshell);
                break;
            case ForeignCommand foreign:
                throw Unsupported(foreign.Line, foreign.Construct);
            default:
                throw new InvalidOperationException(command.GetType().Name);
        }
    }

    private void RunConjunction(Conjunction conjunction)
    {
        Run(conjunction.First);
        foreach ((bool isAnd, Command command) in conjunction.Rest)
        {
            if (_flow != Flow.Normal)
            {
                return;
            }

            if (isAnd == (_status == 0))
            {
                Run(command);
            }
        }
    }

    private void RunIf(IfCommand branch)
    {
        for (int i = 0; i < branch.Conditions.Length; i++)
        {
            Run(branch.Conditions[i]);
            if (_flow != Flow.Normal)
            {
                return;
            }

            if (_status == 0)
            {
                Run(branch.Bodies[i]);
                return;
            }
        }

        _status = 0;
        if (branch.Otherwise is not null)
        {
            Run(branch.Otherwise);
        }
    }

    private void RunFor(ForCommand loop)
    {
        IReadOnlyList<string> words = loop.Words is null ? Arguments : Fields(loop.Words);
        _status = 0;
        _loopDepth++;
        foreach (string word in words)
        {
            Assign(loop.Name, word);
            Run(loop.Body);
            if (LeavesLoop())
            {
                break;
            }

            Tick(loop.Line);
        }

        _loopDepth--;
    }

    private void RunLoop(LoopCommand loop)
    {
        int status = 0;
        _loopDepth++;
        while (true)
        {
            Run(loop.Condition);
            if (LeavesLoop() || (_status == 0) == loop.Until)
            {
                break;
            }

            Run(loop.Body);
            status = _status;
            if (LeavesLoop())
            {
                break;
            }

            Tick(loop.Line);
        }

        _loopDepth--;
        if (_flow == Flow.Normal)
        {
            _status = status;
        }
    }

    private void Tick(int line)
    {
        if (!_limits.Step())
        {
            throw new ShellUnsupportedException(_file, line, "the script runs too long", ShellRefusal.Limit);
        }
    }

    /// <summary>Takes a break or continue that is meant for this loop; true when the loop is over.</summary>
    private bool LeavesLoop()
    {
        if (_flow is Flow.Break or Flow.Continue && --_flowLevels == 0)
        {
            bool leaves = _flow == Flow.Break;
            _flow = Flow.Normal;
            return leaves;
        }

        return _flow != Flow.Normal;
    }

    private void RunCase(CaseCommand choice)
    {
        string subject = Scalar(choice.Subject);
        bool falls = false;
        _status = 0;
        foreach (CaseBranch branch in choice.Branches)
        {
            if (!falls && !MatchesAny(branch.Patterns, subject))
            {
                continue;
            }

            Run(branch.Body);
            falls = branch.End == CaseEnd.FallThrough;
            if (_flow != Flow.Normal || branch.End == CaseEnd.Leave)
            {
                return;
            }
        }
    }

    private bool MatchesAny(Word[] patterns, string subject)
    {
        foreach (Word pattern in patterns)
        {
            if (Matches(Pattern(pattern), subject, pattern.Line))
            {
                return true;
            }
        }

        return false;
    }

    private void RunRedirected(Redirected redirected)
    {
        StringBuilder? before = _output;
        if (DiscardsOutput(redirected.Redirections))
        {
            _output = new StringBuilder();
        }

        Run(redirected.Inner);
        _output = before;
    }

    /// <summary>
    /// Looks at redirections: those to /dev/null are without effect on builtins, all others are refused.
    /// True when standard output goes there.
    /// </summary>
    private bool DiscardsOutput(Redirection[] redirections)
    {
        bool discards = false;
        foreach (Redirection redirection in redirections)
        {
            if (redirection.Operator is "<<" or "<<-" or "<<<" or "<&")
            {
                throw Unsupported(_currentLine, "a here-document or duplicated descriptor");
            }

            string target = Scalar(redirection.Target);
            if (redirection.Operator == ">&")
            {
                // Builtins write no diagnostics here, so that joining them to the output changes nothing.
                if (redirection.Descriptor != 2 || target != "1")
                {
                    throw Unsupported(_currentLine, "a duplicated descriptor");
                }
            }
            else if (_options.AllowsNullDevice && redirection.Operator is not ("<" or "<>") && target == "/dev/null"
                && redirection.Descriptor <= 2)
            {
                discards |= redirection.Descriptor is -1 or 1;
            }
            else
            {
                throw new ShellUnsupportedException(_file, _currentLine, target, ShellRefusal.Redirection);
            }
        }

        return discards;
    }

    private void RunSubshell(Subshell subshell) => Isolated(subshell.Body, _output);

    /// <summary>The output of a command list without its last line ends; what it assigns is lost.</summary>
    private string Substitute(Command list)
    {
        StringBuilder output = new();
        Isolated(list, output);
        _substituted = true;
        return output.ToString().TrimEnd('\n');
    }

    private void Isolated(Command list, StringBuilder? output)
    {
        EnterCall();
        ShellInterpreter inner = new(Variables.Copy(), _options, _limits)
        {
            Arguments = Arguments,
            _file = _file,
            _status = _status,
            _callDepth = _callDepth,
            _functionDepth = _functionDepth,
            _output = output,
            IsSubshell = true,
        };
        foreach ((string name, Command body) in _functions)
        {
            inner._functions.Add(name, body);
        }

        inner.Run(list);
        Messages.AddRange(inner.Messages);
        _status = inner._status;
        _callDepth--;
    }

    private bool IsSubshell { get; init; }

    private void EnterCall()
    {
        if (++_callDepth > ShellLimits.CallDepth)
        {
            throw new ShellUnsupportedException(_file, _currentLine, "calls nested too deeply", ShellRefusal.Limit);
        }
    }
}
