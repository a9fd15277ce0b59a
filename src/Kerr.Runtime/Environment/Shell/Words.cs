namespace Kerr.Runtime.Environment.Shell;

/// <summary>A word as written: what becomes one string, or several fields, when it is expanded.</summary>
internal sealed class Word(WordPart[] parts, int line)
{
    internal readonly WordPart[] Parts = parts;
    internal readonly int Line = line;

    /// <summary>The text of a word that has nothing to expand and no quotes, else null.</summary>
    internal string? Plain => Parts.Length == 1 && Parts[0] is TextPart { Quoted: false } text ? text.Text : null;
}

/// <summary>One piece of a word.</summary>
internal abstract class WordPart;

/// <summary>Characters that stand for themselves.</summary>
internal sealed class TextPart(string text, bool quoted) : WordPart
{
    internal readonly string Text = text;
    internal readonly bool Quoted = quoted;
}

/// <summary>A pair of double quotes and what is between.</summary>
internal sealed class QuotedPart(WordPart[] parts) : WordPart
{
    internal readonly WordPart[] Parts = parts;
}

/// <summary>A tilde that stands for the home directory.</summary>
internal sealed class TildePart : WordPart;

/// <summary><c>$(…)</c> or backquotes.</summary>
internal sealed class CommandPart(Command list) : WordPart
{
    internal readonly Command List = list;
}

/// <summary><c>$((…))</c>, its text still to be expanded.</summary>
internal sealed class ArithmeticPart(Word expression) : WordPart
{
    internal readonly Word Expression = expression;
}

/// <summary>Something understood well enough to be skipped, and refused only when it is reached.</summary>
internal sealed class ForeignPart(string construct, int line) : WordPart
{
    internal readonly string Construct = construct;
    internal readonly int Line = line;
}

/// <summary>What a parameter expansion does with the value.</summary>
internal enum ParameterOperation
{
    Value,
    Length,
    Default,
    Assign,
    Require,
    Alternative,
    CutShortestPrefix,
    CutLongestPrefix,
    CutShortestSuffix,
    CutLongestSuffix,
    ReplaceFirst,
    ReplaceAll,
    ReplacePrefix,
    ReplaceSuffix,
    Slice,
}

/// <summary><c>$name</c> or <c>${name…}</c>.</summary>
internal sealed class ParameterPart(string name, int line) : WordPart
{
    internal readonly string Name = name;
    internal readonly int Line = line;

    internal ParameterOperation Operation { get; init; }

    /// <summary>The colon of <c>:-</c> and its like: an empty value counts as unset.</summary>
    internal bool EmptyIsUnset { get; init; }

    /// <summary><c>${!name}</c>: the value names the parameter that is meant.</summary>
    internal bool Indirect { get; init; }

    /// <summary>The word behind the operator: default, pattern, or offset of a slice.</summary>
    internal Word? Argument { get; init; }

    /// <summary>The replacement, or the length of a slice.</summary>
    internal Word? Second { get; init; }
}
