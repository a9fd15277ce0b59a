using System;
using System.Collections.Generic;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the interpreter that assigns, declares and calls.</summary>
internal sealed partial class ShellInterpreter
{
    /// <summary>Gives a variable a value; false when it is read-only.</summary>
    private bool Assign(string name, string value)
    {
        if (!Variables.Set(name, value, _file))
        {
            ReportReadOnly(name);
            return false;
        }

        if (_options.ExportsAll)
        {
            Variables.Declare(name).Exported = true;
        }

        return true;
    }

    private void ReportReadOnly(string name)
    {
        Messages.Add($"{_file}:{_currentLine}: {name}: read-only variable");
        _status = 1;
    }

    private bool Assign(Assignment assignment)
    {
        string value = Scalar(assignment.Value);
        if (assignment.Append)
        {
            value = Variables.Get(assignment.Name) + value;
            if (value.Length > ShellLimits.ValueBytes || !_limits.Touch(value.Length))
            {
                throw new ShellUnsupportedException(_file, _currentLine, "values grow too long", ShellRefusal.Limit);
            }
        }

        return Assign(assignment.Name, value);
    }

    private void RunSimple(SimpleCommand command)
    {
        _substituted = false;
        List<string> fields = Fields(command.Words);
        bool discards = DiscardsOutput(command.Redirections);
        if (fields.Count == 0)
        {
            bool assigned = true;
            foreach (Assignment assignment in command.Assignments)
            {
                assigned &= Assign(assignment);
            }

            // Without a command name the status is that of the last substitution, if there was one.
            if (assigned && !_substituted)
            {
                _status = 0;
            }

            return;
        }

        StringBuilder? output = _output;
        if (discards)
        {
            _output = new StringBuilder();
        }

        if (command.Assignments.Length == 0)
        {
            Call(fields, command.Line);
        }
        else
        {
            CallWith(command.Assignments, fields, command.Line);
        }

        _output = output;
    }

    /// <summary>Calls with variables that are set for the time of the call.</summary>
    private void CallWith(Assignment[] assignments, List<string> fields, int line)
    {
        List<(string Name, ShellVariable? Before)> saved = [];
        foreach (Assignment assignment in assignments)
        {
            saved.Add((assignment.Name, Variables.Find(assignment.Name)?.Copy()));
            Assign(assignment);
        }

        Call(fields, line);
        for (int i = saved.Count - 1; i >= 0; i--)
        {
            Variables.Restore(saved[i].Name, saved[i].Before);
        }
    }

    private void Call(List<string> fields, int line)
    {
        if (_functions.TryGetValue(fields[0], out Command? function))
        {
            CallFunction(function, fields);
        }
        else if (!RunBuiltin(fields, line))
        {
            throw new ShellUnsupportedException(_file, line, string.Join(' ', fields), ShellRefusal.Command);
        }
    }

    private void CallFunction(Command body, List<string> fields)
    {
        EnterCall();
        IReadOnlyList<string> arguments = Arguments;
        int loops = _loopDepth;
        Arguments = fields.GetRange(1, fields.Count - 1);
        _functionDepth++;
        _loopDepth = 0;
        Run(body);
        Arguments = arguments;
        _loopDepth = loops;
        _functionDepth--;
        _callDepth--;
        if (_flow == Flow.Return)
        {
            _flow = Flow.Normal;
        }
    }

    private void RunDeclaration(Declaration declaration)
    {
        DiscardsOutput(declaration.Redirections);
        Attributes attributes = new(declaration.Keyword);
        bool assigned = true;
        foreach (DeclarationOperand operand in declaration.Operands)
        {
            if (operand.Assignment is { } assignment)
            {
                Prepare(assignment.Name, attributes, declaration);
                assigned &= Assign(assignment);
                Mark(assignment.Name, attributes);
                continue;
            }

            foreach (string field in Fields([operand.Word!]))
            {
                assigned &= Declare(field, ref attributes, declaration);
            }
        }

        _status = assigned ? 0 : 1;
        if (declaration.Operands.Length == 0)
        {
            throw Unsupported(declaration.Line, declaration.Keyword + " without operands");
        }
    }

    private bool Declare(string field, ref Attributes attributes, Command where)
    {
        if (field.StartsWith('-') || field.StartsWith('+'))
        {
            if (!attributes.Add(field))
            {
                throw Unsupported(where.Line, $"{attributes.Keyword} {field}");
            }

            return true;
        }

        int equals = field.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? field : field[..equals];
        if (!ShellParser.IsName(name))
        {
            throw Unsupported(where.Line, $"{attributes.Keyword} of \"{name}\", which names no variable");
        }

        Prepare(name, attributes, where);
        bool assigned = equals < 0 || Assign(name, field[(equals + 1)..]);
        Mark(name, attributes);
        return assigned;
    }

    /// <remarks>In a function <c>declare</c> makes a local variable; those are left to a real shell.</remarks>
    private void Prepare(string name, Attributes attributes, Command where)
    {
        if (attributes.Keyword == "local" || (attributes.Keyword is "declare" or "typeset" && _functionDepth > 0))
        {
            throw Unsupported(where.Line, $"local variable {name}");
        }
    }

    private void Mark(string name, Attributes attributes)
    {
        ShellVariable variable = Variables.Declare(name);
        variable.Exported |= attributes.Export || _options.ExportsAll;
        variable.ReadOnly |= attributes.ReadOnly;
    }

    /// <summary>What a declaration gives its operands.</summary>
    private struct Attributes(string keyword)
    {
        internal readonly string Keyword = keyword;

        internal bool Export { get; private set; } = keyword == "export";

        internal bool ReadOnly { get; private set; } = keyword == "readonly";

        /// <summary>Takes an option; false when it means something that is not understood here.</summary>
        internal bool Add(string option)
        {
            if (option == "--")
            {
                return true;
            }

            if (Keyword is not ("declare" or "typeset") || option.Length < 2 || option[0] != '-')
            {
                return false;
            }

            foreach (char c in option.AsSpan(1))
            {
                switch (c)
                {
                    case 'x':
                        Export = true;
                        break;
                    case 'r':
                        ReadOnly = true;
                        break;
                    case 'g':
                        break;
                    default:
                        return false;
                }
            }

            return true;
        }
    }
}
