using System;
using System.Collections.Generic;
using System.Globalization;

namespace Kerr.Runtime.Audit;

/// <summary>One line of JSON in printable ASCII, never longer than a limit: what does not fit is cut, and the line says what was.</summary>
/// <remarks>
/// Text is bytes. A byte that is no printable character stands as <c>\xHH</c> and a backslash as <c>\\</c> in the value itself, so that the value is
/// harmless also where a program prints it as it is: no escape sequence, no line break, no character that looks like another.
/// </remarks>
public sealed class RecordText
{
    /// <summary>Kept free for the list of what was cut and the closing braces.</summary>
    private const int Reserve = 192;

    private const string Cut = "...";
    private const int MostText = 1024, MostItem = 512;

    private readonly List<string> _cut = [];
    private readonly char[] _text;
    private readonly int _most;
    private int _length;

    public RecordText(int most)
    {
        _most = most - Reserve;
        _text = new char[most];
        _text[_length++] = '{';
    }

    public RecordText Number(string name, long value)
    {
        Name(name);
        if (!value.TryFormat(_text.AsSpan(_length), out int written, default, CultureInfo.InvariantCulture))
        {
            throw new InvalidOperationException("the fixed fields of a record are too long");
        }

        _length += written;
        return this;
    }

    /// <summary>A field with text; nothing for null.</summary>
    public RecordText Text(string name, string? value)
    {
        if (value is not null)
        {
            Name(name);
            if (!Quoted(value, MostText))
            {
                _cut.Add(name);
            }
        }

        return this;
    }

    /// <summary>A field with a list of texts, as many as there is room for; nothing for an empty one.</summary>
    public RecordText Texts(string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0 || _length > _most - 64)
        {
            if (values.Count > 0)
            {
                _cut.Add(name);
            }

            return this;
        }

        Name(name);
        Raw("[");
        bool whole = true;
        for (int i = 0; i < values.Count; i++)
        {
            // The longest that an item can become has to fit, so that none is left half.
            if (_length + Math.Min(values[i].Length * 5, MostItem) + 8 > _most)
            {
                whole = false;
                break;
            }

            Raw(i == 0 ? "" : ",");
            whole &= Quoted(values[i], MostItem);
        }

        Raw("]");
        if (!whole)
        {
            _cut.Add(name);
        }

        return this;
    }

    /// <summary>A field with a list of numbers, as many as there is room for.</summary>
    public RecordText Numbers(string name, IReadOnlyList<uint> values)
    {
        Name(name);
        Raw("[");
        int i = 0;
        for (; i < values.Count && _length + 12 < _most; i++)
        {
            Raw(i == 0 ? "" : ",");
            values[i].TryFormat(_text.AsSpan(_length), out int written, default, CultureInfo.InvariantCulture);
            _length += written;
        }

        Raw("]");
        if (i < values.Count)
        {
            _cut.Add(name);
        }

        return this;
    }

    /// <summary>Begins an object inside this one.</summary>
    public RecordText Open(string name)
    {
        Name(name);
        Raw("{");
        return this;
    }

    public RecordText Close()
    {
        Raw("}");
        return this;
    }

    /// <summary>Begins or ends a list of objects, each between <see cref="OpenItem"/> and <see cref="Close"/>.</summary>
    public RecordText OpenList(string name)
    {
        Name(name);
        Raw("[");
        return this;
    }

    public RecordText OpenItem()
    {
        Raw(_text[_length - 1] == '[' ? "{" : ",{");
        return this;
    }

    public RecordText CloseList()
    {
        Raw("]");
        return this;
    }

    /// <summary>The whole object.</summary>
    public string Finish()
    {
        Ended();
        Raw("}");
        return new string(_text, 0, _length);
    }

    /// <summary>The object up to a list that another will fill and close.</summary>
    public string FinishWithList(string name)
    {
        Ended();
        Name(name);
        Raw("[");
        return new string(_text, 0, _length);
    }

    private void Ended()
    {
        if (_cut.Count > 0)
        {
            Name("truncated");
            Raw("[");
            for (int i = 0; i < _cut.Count && i < 8; i++)
            {
                Raw(i == 0 ? "\"" : ",\"");
                Raw(_cut[i]);
                Raw("\"");
            }

            Raw("]");
        }
    }

    private void Name(string name)
    {
        Raw(_text[_length - 1] is '{' or '[' ? "\"" : ",\"");
        Raw(name);
        Raw("\":");
    }

    /// <summary>Whether all of it found room.</summary>
    private bool Quoted(string value, int most)
    {
        Raw("\"");
        int end = Math.Min(_length + most, _most) - Cut.Length - 1;
        bool whole = true;
        foreach (char c in value)
        {
            if (_length + 5 > end)
            {
                Raw(Cut);
                whole = false;
                break;
            }

            switch (c)
            {
                case '"':
                    Raw("\\\"");
                    break;
                case '\\':
                    Raw("\\\\\\\\");
                    break;
                case >= ' ' and <= '~':
                    _text[_length++] = c;
                    break;
                default:
                    Raw("\\\\x");
                    _text[_length++] = Hex(c >> 4);
                    _text[_length++] = Hex(c);
                    break;
            }
        }

        Raw("\"");
        return whole;
    }

    private void Raw(string text)
    {
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    private static char Hex(int value) => "0123456789abcdef"[value & 15];
}
