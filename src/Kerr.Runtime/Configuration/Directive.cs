namespace Kerr.Runtime.Configuration;

/// <summary>The one declaration of a directive: reader, writer, <c>config global</c> and documentation all read it.</summary>
public sealed class Directive(string name, DirectiveKind kind, string defaultValue, string help)
{
    private static readonly string[] s_yesNo = ["yes", "no"];

    /// <summary>As it stands in the file, <c>mount home</c>.</summary>
    public string Name { get; } = name;

    public DirectiveKind Kind { get; } = kind;

    /// <summary>The value in force when the file has none; for a list the items that the installed file has, by commas.</summary>
    public string Default { get; } = defaultValue;

    /// <summary>What it decides, for the file and the documentation: sentences.</summary>
    public string Help { get; } = help;

    /// <summary>The words it takes; empty when any value will do.</summary>
    public string[] Allowed { get; init; } = kind == DirectiveKind.YesNo ? s_yesNo : [];

    /// <summary>Another spelling that peers' files have; null for none.</summary>
    public string? OtherName { get; init; }

    /// <summary>A number of 0 makes no sense.</summary>
    public bool Positive { get; init; }

    /// <summary>A list of absolute paths: another one would never hold, and look as if it did.</summary>
    public bool AbsolutePaths { get; init; }

    /// <summary>Accepted so that a peer's file can be used, without effect; why.</summary>
    public string? Ignored { get; init; }

    /// <summary>A line for the file that shows what a value looks like, where the default is empty.</summary>
    public string Example { get; init; } = "";

    public override string ToString() => Name;
}
