using System;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the interpreter that expands parameters.</summary>
internal sealed partial class ShellInterpreter
{
    private void ExpandParameter(ParameterPart parameter, FieldSink sink, bool quoted)
    {
        if (parameter is { Name: "@" or "*", Operation: ParameterOperation.Value }
            && sink.Kind == ExpansionKind.Fields && (parameter.Name == "@" || !quoted))
        {
            for (int i = 0; i < Arguments.Count; i++)
            {
                if (i > 0)
                {
                    sink.Break();
                }

                if (quoted)
                {
                    sink.MarkPresent();
                }

                Add(sink, Arguments[i], quoted, split: true);
            }

            return;
        }

        string name = parameter.Name;
        string? value = Value(name, parameter.Line);
        if (parameter.Indirect)
        {
            name = value ?? "";
            value = ShellParser.IsName(name) || name is [>= '0' and <= '9', ..]
                ? Value(name, parameter.Line)
                : throw Unsupported(parameter.Line, $"${{!{parameter.Name}}} of \"{name}\"");
        }

        bool set = value is not null && !(parameter.EmptyIsUnset && value.Length == 0);
        switch (parameter.Operation)
        {
            case ParameterOperation.Value:
                Add(sink, value ?? "", quoted, split: true);
                break;
            case ParameterOperation.Length:
                Add(sink, parameter.Name is "@" or "*" ? Arguments.Count.ToString() : CharacterCount(value).ToString(),
                    quoted, split: true);
                break;
            case ParameterOperation.Default when set:
            case ParameterOperation.Assign when set:
            case ParameterOperation.Require when set:
                Add(sink, value!, quoted, split: true);
                break;
            case ParameterOperation.Default:
            case ParameterOperation.Alternative when set:
                Expand(parameter.Argument!.Parts, sink, quoted, splitText: !quoted);
                break;
            case ParameterOperation.Alternative:
                break;
            case ParameterOperation.Assign:
                Add(sink, AssignDefault(name, parameter), quoted, split: true);
                break;
            case ParameterOperation.Require:
                string message = Scalar(parameter.Argument!);
                throw new ShellErrorException(
                    _file, parameter.Line, $"{name}: {(message.Length > 0 ? message : "parameter not set")}");
            default:
                Add(sink, value is null ? "" : Transform(parameter, value), quoted, split: true);
                break;
        }
    }

    // ${#x} counts characters, and the peers' interpreter counts them as UTF-8; for plain ASCII every locale agrees.
    private static int CharacterCount(string? value)
    {
        int count = 0;
        foreach (char c in value ?? "")
        {
            count += (c & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    private string AssignDefault(string name, ParameterPart parameter)
    {
        if (!ShellParser.IsName(name))
        {
            throw new ShellErrorException(_file, parameter.Line, $"${name} cannot be assigned in this way");
        }

        string value = Scalar(parameter.Argument!);
        Assign(name, value);
        return value;
    }

    /// <summary>The value of a parameter; null when it is unset.</summary>
    private string? Value(string name, int line)
    {
        switch (name)
        {
            case "@":
                return Arguments.Count == 0 ? null : string.Join(' ', Arguments);
            case "*":
                string separators = Variables.Get("IFS") ?? " ";
                return Arguments.Count == 0
                    ? null
                    : string.Join(separators.Length == 0 ? "" : separators[..1], Arguments);
            case "#":
                return Arguments.Count.ToString();
            case "?":
                return _status.ToString();
            case "0":
                return _options.Name;
            case "$" or "!" or "-":
                throw Unsupported(line, "$" + name);
            case "RANDOM" or "SRANDOM" or "SECONDS" or "LINENO" or "PPID" or "EPOCHSECONDS" or "EPOCHREALTIME"
                when Variables.Get(name) is null:
                throw Unsupported(line, "$" + name);
        }

        if (name[0] is >= '1' and <= '9')
        {
            return int.TryParse(name, out int index) && index <= Arguments.Count ? Arguments[index - 1] : null;
        }

        return Variables.Get(name);
    }

    private string Transform(ParameterPart parameter, string value)
    {
        int line = parameter.Line;
        if (parameter.Name is "@" or "*")
        {
            throw Unsupported(line, "an operation on all arguments");
        }

        if (parameter.Operation == ParameterOperation.Slice)
        {
            return Slice(parameter, value, line);
        }

        string pattern = Pattern(parameter.Argument!);
        switch (parameter.Operation)
        {
            case ParameterOperation.CutShortestPrefix:
                return Match(pattern, value, 0, longest: false, line) is { } shortest ? value[shortest..] : value;
            case ParameterOperation.CutLongestPrefix:
                return Match(pattern, value, 0, longest: true, line) is { } longest ? value[longest..] : value;
            case ParameterOperation.CutShortestSuffix:
                return MatchSuffix(pattern, value, longest: false, line) is { } last ? value[..last] : value;
            case ParameterOperation.CutLongestSuffix:
                return MatchSuffix(pattern, value, longest: true, line) is { } first ? value[..first] : value;
            default:
                return Replace(parameter, value, pattern, line);
        }
    }

    private string Replace(ParameterPart parameter, string value, string pattern, int line)
    {
        // Newer releases of bash take & for the match and a backslash for a quote; older ones and the peers do not.
        string replacement = parameter.Second is null ? "" : Scalar(parameter.Second);
        if (replacement.AsSpan().IndexOfAny('&', '\\') >= 0)
        {
            throw Unsupported(line, "a replacement with & or a backslash");
        }

        switch (parameter.Operation)
        {
            case ParameterOperation.ReplacePrefix:
                return Match(pattern, value, 0, longest: true, line) is { } end ? replacement + value[end..] : value;
            case ParameterOperation.ReplaceSuffix:
                return MatchSuffix(pattern, value, longest: true, line) is { } from ? value[..from] + replacement : value;
        }

        if (pattern.Length == 0)
        {
            return value;
        }

        StringBuilder result = new();
        int at = 0;
        while (at < value.Length)
        {
            int? end = Match(pattern, value, at, longest: true, line);
            if (end is null || end == at)
            {
                result.Append(value[at++]);
                continue;
            }

            result.Append(replacement);
            at = end.Value;
            if (parameter.Operation == ParameterOperation.ReplaceFirst)
            {
                break;
            }

            if (result.Length > ShellLimits.ValueBytes)
            {
                throw new ShellUnsupportedException(_file, line, "values grow too long", ShellRefusal.Limit);
            }
        }

        return result.Append(value, at, value.Length - at).ToString();
    }

    private bool Matches(string pattern, ReadOnlySpan<char> text, int line) =>
        _limits.Touch(text.Length + pattern.Length)
            ? ShellPattern.Matches(pattern, text)
            : throw new ShellUnsupportedException(_file, line, "patterns take too long", ShellRefusal.Limit);

    /// <summary>Where the shortest or longest match that begins at <paramref name="from"/> ends.</summary>
    private int? Match(string pattern, string value, int from, bool longest, int line)
    {
        for (int i = 0; i <= value.Length - from; i++)
        {
            int end = longest ? value.Length - i : from + i;
            if (Matches(pattern, value.AsSpan(from, end - from), line))
            {
                return end;
            }
        }

        return null;
    }

    private int? MatchSuffix(string pattern, string value, bool longest, int line)
    {
        for (int i = 0; i <= value.Length; i++)
        {
            int from = longest ? i : value.Length - i;
            if (Matches(pattern, value.AsSpan(from), line))
            {
                return from;
            }
        }

        return null;
    }

    private string Slice(ParameterPart parameter, string value, int line)
    {
        if (CharacterCount(value) != value.Length)
        {
            throw Unsupported(line, "a slice of a value outside ASCII");
        }

        long offset = ShellArithmetic.Evaluate(Scalar(parameter.Argument!), Variables, _file, line);
        offset = offset < 0 ? offset + value.Length : offset;
        if (offset < 0 || offset > value.Length)
        {
            return "";
        }

        long end = value.Length;
        if (parameter.Second is { } second)
        {
            long length = ShellArithmetic.Evaluate(Scalar(second), Variables, _file, line);
            end = length < 0 ? end + length : Math.Min(end, offset + Math.Min(length, int.MaxValue));
        }

        return end < offset
            ? throw Unsupported(line, "a slice that ends before it begins")
            : value[(int)offset..(int)end];
    }
}
