using System.Collections.Generic;
using System.Text;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>What an expansion is for.</summary>
internal enum ExpansionKind
{
    /// <summary>Operands of a command: split into fields.</summary>
    Fields,

    /// <summary>One string, quotes removed.</summary>
    Scalar,

    /// <summary>One pattern, in which quoted characters are escaped.</summary>
    Pattern,
}

/// <summary>Collects what an expansion yields.</summary>
internal sealed class FieldSink(ExpansionKind kind, string separators)
{
    private readonly StringBuilder _current = new();
    private readonly List<string> _fields = [];
    private readonly StringBuilder _pattern = new();
    private List<(int Field, string Pattern)>? _globs;
    private bool _glob;
    private bool _present;
    private bool _afterBlank;

    internal ExpansionKind Kind => kind;

    /// <summary>The fields that would match file names, as patterns; null when there is none.</summary>
    internal IReadOnlyList<(int Field, string Pattern)>? Globs => _globs;

    internal int Length => _current.Length;

    internal void MarkPresent() => _present = true;

    internal void Add(string text, bool quoted, bool split)
    {
        if (kind == ExpansionKind.Pattern)
        {
            _current.Append(quoted ? ShellPattern.Quote(text) : text);
        }
        else if (kind == ExpansionKind.Scalar || quoted)
        {
            _current.Append(text);
            _present |= text.Length > 0;
            if (kind == ExpansionKind.Fields)
            {
                _pattern.Append(ShellPattern.Quote(text));
            }
        }
        else
        {
            AddUnquoted(text, split);
        }
    }

    /// <summary>Ends the current field, as between two positional parameters.</summary>
    internal void Break()
    {
        if (_present)
        {
            if (_glob)
            {
                (_globs ??= []).Add((_fields.Count, _pattern.ToString()));
            }

            _fields.Add(_current.ToString());
        }

        _current.Clear();
        _pattern.Clear();
        _glob = false;
        _present = false;
        _afterBlank = false;
    }

    internal string Single() => _current.ToString();

    internal List<string> Fields()
    {
        Break();
        return _fields;
    }

    /// <summary>Splits by IFS: blanks of it run together, any other separator ends exactly one field.</summary>
    private void AddUnquoted(string text, bool split)
    {
        foreach (char c in text)
        {
            if (!split || separators.IndexOf(c) < 0)
            {
                _glob |= c is '*' or '?' or '[';
                _current.Append(c);
                _pattern.Append(c);
                _present = true;
                _afterBlank = false;
            }
            else if (c is ' ' or '\t' or '\n')
            {
                bool ended = _present;
                bool still = _afterBlank;
                Break();
                _afterBlank = ended || still;
            }
            else if (_afterBlank && !_present)
            {
                _afterBlank = false;
            }
            else
            {
                _present = true;
                Break();
            }
        }
    }
}
