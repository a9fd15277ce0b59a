using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the interpreter that runs builtin commands.</summary>
internal sealed partial class ShellInterpreter
{
    /// <summary>Runs a builtin; false when the name is none, or none that can be run here.</summary>
    private bool RunBuiltin(List<string> fields, int line)
    {
        switch (fields[0])
        {
            case ":" or "true" or "hash":
                _status = 0;
                return true;
            case "false":
                _status = 1;
                return true;
            case "[" or "test":
                RunTest(fields, line);
                return true;
            case "unset":
                RunUnset(fields, line);
                return true;
            case "export" or "readonly" or "declare" or "typeset":
                // Reached with a backslash or through a variable: the operands are fields already.
                RunDeclaredFields(fields, line);
                return true;
            case "." or "source":
                RunSource(fields, line);
                return true;
            case "eval":
                EnterCall();
                Run(ShellParser.ParseScript(string.Join(' ', fields.GetRange(1, fields.Count - 1)), _file));
                _callDepth--;
                return true;
            case "echo":
                Write(ShellPrinting.Echo(fields) ?? throw Unsupported(line, "echo with a backslash"), line);
                return true;
            case "printf":
                Write(ShellPrinting.Format(fields) ?? throw Unsupported(line, "printf with this format"), line);
                return true;
            case "break" or "continue":
                RunLoopControl(fields, line);
                return true;
            case "return":
                RunReturn(fields, line);
                return true;
            case "set" when _options.IsRunscript && !IsSubshell:
                RunSet(fields, line);
                return true;
            case "exec" when _options.IsRunscript && !IsSubshell && fields.Count > 1 && !fields[1].StartsWith('-'):
                Executed = fields.GetRange(1, fields.Count - 1);
                _flow = Flow.Exit;
                return true;
            case "shift" when _functionDepth > 0:
                RunShift(fields, line);
                return true;
            case "cd" or "exit" or "set" or "shift" or "trap" or "umask" or "ulimit" or "exec" or "read" or "local" or "alias"
                or "unalias" or "shopt" or "getopts" or "command" or "builtin" or "type" or "wait" or "jobs" or "kill"
                or "let" or "pushd" or "popd" or "dirs" or "mapfile" or "readarray" or "pwd" or "times" or "complete"
                or "compgen" or "enable" or "bind" or "caller":
                throw Unsupported(line, fields[0]);
            default:
                return false;
        }
    }

    private void Write(string text, int line)
    {
        if (_output is null)
        {
            throw Unsupported(line, "output of the script");
        }

        if (_output.Length + text.Length > ShellLimits.ValueBytes || !_limits.Touch(text.Length))
        {
            throw new ShellUnsupportedException(_file, line, "values grow too long", ShellRefusal.Limit);
        }

        _output.Append(text);
        _status = 0;
    }

    private void RunTest(List<string> fields, int line)
    {
        int end = fields.Count;
        if (fields[0] == "[")
        {
            if (fields[^1] != "]" || fields.Count == 1)
            {
                throw new ShellErrorException(_file, line, "[: missing ]");
            }

            end--;
        }

        _status = new ShellTest(this, fields.GetRange(1, end - 1), line).Evaluate() ? 0 : 1;
    }

    private void RunUnset(List<string> fields, int line)
    {
        _status = 0;
        bool functions = false;
        for (int i = 1; i < fields.Count; i++)
        {
            string name = fields[i];
            if (i == 1 && name is "-v" or "-f" or "--")
            {
                functions = name == "-f";
            }
            else if (!ShellParser.IsName(name))
            {
                throw Unsupported(line, $"unset of \"{name}\"");
            }
            else if (functions)
            {
                _functions.Remove(name);
            }
            else if (Variables.Find(name) is null && _functions.ContainsKey(name))
            {
                // bash removes the function then, dash does not.
                throw Unsupported(line, $"unset of the function {name} without -f");
            }
            else if (!Variables.Unset(name))
            {
                ReportReadOnly(name);
            }
        }
    }

    private void RunDeclaredFields(List<string> fields, int line)
    {
        Attributes attributes = new(fields[0]);
        SimpleCommand where = new([], [], [], line);
        bool assigned = true;
        if (fields.Count == 1)
        {
            throw Unsupported(line, fields[0] + " without operands");
        }

        for (int i = 1; i < fields.Count; i++)
        {
            assigned &= Declare(fields[i], ref attributes, where);
        }

        _status = assigned ? 0 : 1;
    }

    private void RunSource(List<string> fields, int line)
    {
        string path = fields.Count > 1 ? fields[1] : throw Unsupported(line, ". without a file");
        if (_options.Files is not { } files)
        {
            throw new ShellUnsupportedException(_file, line, path, ShellRefusal.Redirection);
        }

        if (!path.StartsWith('/'))
        {
            throw Unsupported(line, $"sourcing \"{path}\", which is no absolute path");
        }

        ShellFileFact fact = files.Look(path);
        if (fact == ShellFileFact.Missing)
        {
            Messages.Add($"{_file}:{line}: {path}: no such file");
            _status = 1;
            return;
        }

        byte[]? bytes = fact is ShellFileFact.File or ShellFileFact.ExecutableFile ? files.Read(path) : null;
        if (bytes is null)
        {
            throw Unsupported(line, $"sourcing {path}");
        }

        EnterCall();
        IReadOnlyList<string> arguments = Arguments;
        if (fields.Count > 2)
        {
            Arguments = fields.GetRange(2, fields.Count - 2);
        }

        int loops = _loopDepth;
        _loopDepth = 0;
        _status = 0;
        Run(Kerr.Linux.ByteText.FromNative(bytes), path);
        _loopDepth = loops;
        _callDepth--;
        if (fields.Count > 2)
        {
            Arguments = arguments;
        }
    }

    private void RunLoopControl(List<string> fields, int line)
    {
        int levels = 1;
        if (fields.Count > 2 || (fields.Count == 2 && (!int.TryParse(fields[1], out levels) || levels < 1)))
        {
            throw Unsupported(line, string.Join(' ', fields));
        }

        _status = 0;
        if (_loopDepth == 0)
        {
            return;
        }

        _flow = fields[0] == "break" ? Flow.Break : Flow.Continue;
        _flowLevels = Math.Min(levels, _loopDepth);
    }

    private void RunReturn(List<string> fields, int line)
    {
        if (fields.Count > 1 && (!int.TryParse(fields[1], out _status) || _status is < 0 or > 255))
        {
            throw Unsupported(line, "return " + fields[1]);
        }

        _flow = Flow.Return;
    }

    /// <summary>Replaces the arguments; options of the shell are left to a real one.</summary>
    private void RunSet(List<string> fields, int line)
    {
        int first = fields.Count > 1 && fields[1] == "--" ? 2 : 1;
        if (first == 1 && (fields.Count == 1 || fields[1] is ['-' or '+', ..]))
        {
            throw Unsupported(line, "set " + string.Join(' ', fields.GetRange(1, fields.Count - 1)));
        }

        Arguments = fields.GetRange(first, fields.Count - first);
        _status = 0;
    }

    private void RunShift(List<string> fields, int line)
    {
        int count = 1;
        if (fields.Count > 2 || (fields.Count == 2 && !int.TryParse(fields[1], out count)) || count < 0
            || count > Arguments.Count)
        {
            throw Unsupported(line, string.Join(' ', fields));
        }

        List<string> rest = [];
        for (int i = count; i < Arguments.Count; i++)
        {
            rest.Add(Arguments[i]);
        }

        Arguments = rest;
        _status = 0;
    }
}
