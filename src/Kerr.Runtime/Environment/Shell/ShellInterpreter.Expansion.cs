using System;
using System.Collections.Generic;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>The part of the interpreter that expands words.</summary>
internal sealed partial class ShellInterpreter
{
    /// <summary>Expands a word to one string, as in an assignment.</summary>
    internal string Scalar(Word word)
    {
        if (word.Parts.Length == 0)
        {
            return "";
        }

        if (word.Parts.Length == 1 && word.Parts[0] is TextPart text)
        {
            return text.Text;
        }

        FieldSink sink = new(ExpansionKind.Scalar, "");
        Expand(word.Parts, sink, quoted: false, splitText: false);
        return sink.Single();
    }

    private string Pattern(Word word)
    {
        FieldSink sink = new(ExpansionKind.Pattern, "");
        Expand(word.Parts, sink, quoted: false, splitText: false);
        return sink.Single();
    }

    /// <summary>Expands the operands of a command to fields.</summary>
    private List<string> Fields(ReadOnlySpan<Word> words)
    {
        List<string> all = [];
        foreach (Word word in words)
        {
            FieldSink sink = new(ExpansionKind.Fields, Variables.Get("IFS") ?? " \t\n");
            Expand(word.Parts, sink, quoted: false, splitText: false);
            List<string> fields = sink.Fields();
            if (sink.Globs is { } globs)
            {
                AddMatches(all, fields, globs, word.Line);
            }
            else
            {
                all.AddRange(fields);
            }
        }

        return all;
    }

    /// <summary>Adds fields, in place of patterns the files that match; a pattern that matches none stays as it is.</summary>
    private void AddMatches(List<string> all, List<string> fields, IReadOnlyList<(int Field, string Pattern)> globs, int line)
    {
        int next = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            if (next == globs.Count || globs[next].Field != i)
            {
                all.Add(fields[i]);
                continue;
            }

            string pattern = globs[next++].Pattern;
            if (IsLoneBracket(pattern))
            {
                all.Add(fields[i]);
                continue;
            }

            IReadOnlyList<string>? matches = _options.Files is { } files ? new ShellGlob(files, _limits).Expand(pattern) : null;
            if (matches is null)
            {
                throw Unsupported(line, $"matching file names with \"{fields[i]}\"");
            }

            if (matches.Count == 0)
            {
                all.Add(fields[i]);
            }

            all.AddRange(matches);
        }
    }

    /// <remarks>A bracket that nothing closes, as the name of the test command, matches only itself.</remarks>
    private static bool IsLoneBracket(string pattern) =>
        pattern.AsSpan().IndexOfAny('*', '?') < 0 && !pattern.Contains(']', StringComparison.Ordinal);

    private void Expand(WordPart[] parts, FieldSink sink, bool quoted, bool splitText)
    {
        foreach (WordPart part in parts)
        {
            switch (part)
            {
                case TextPart text:
                    if (text.Quoted)
                    {
                        sink.MarkPresent();
                    }

                    Add(sink, text.Text, quoted || text.Quoted, splitText);
                    break;
                case QuotedPart inner:
                    ExpandQuoted(inner, sink);
                    break;
                case TildePart:
                    Add(sink, Variables.Get("HOME") ?? "~", quoted: true, split: false);
                    break;
                case ParameterPart parameter:
                    ExpandParameter(parameter, sink, quoted);
                    break;
                case CommandPart command:
                    Add(sink, Substitute(command.List), quoted, split: true);
                    break;
                case ArithmeticPart arithmetic:
                    long value = ShellArithmetic.Evaluate(
                        Scalar(arithmetic.Expression), Variables, _file, arithmetic.Expression.Line);
                    Add(sink, value.ToString(), quoted, split: true);
                    break;
                case ForeignPart foreign:
                    throw Unsupported(foreign.Line, foreign.Construct);
                default:
                    throw new InvalidOperationException(part.GetType().Name);
            }
        }
    }

    private void Add(FieldSink sink, string text, bool quoted, bool split)
    {
        if (!_limits.Touch(text.Length + 1) || sink.Length + text.Length > ShellLimits.ValueBytes)
        {
            throw new ShellUnsupportedException(_file, _currentLine, "values grow too long", ShellRefusal.Limit);
        }

        sink.Add(text, quoted, split);
    }

    private void ExpandQuoted(QuotedPart part, FieldSink sink)
    {
        // "$@" without parameters is no field at all; any other pair of quotes makes one.
        if (part.Parts is not [ParameterPart { Name: "@", Operation: ParameterOperation.Value }] || Arguments.Count > 0)
        {
            sink.MarkPresent();
        }

        Expand(part.Parts, sink, quoted: true, splitText: false);
    }
}
