namespace Kerr.Cli.Options;

/// <summary>The one declaration of an option: parser, environment, help and man page all read it.</summary>
internal sealed class Option(string name, char letter, OptionKind kind, OptionScope scope, string help)
{
    /// <summary>The long name, without dashes.</summary>
    internal string Name { get; } = name;

    /// <summary>The short name; <c>'\0'</c> when it has none.</summary>
    internal char Letter { get; } = letter;

    internal OptionKind Kind { get; } = kind;

    internal OptionScope Scope { get; } = scope;

    /// <summary>What it does, for the help: lower case, no full stop.</summary>
    internal string Help { get; } = help;

    /// <summary>What the value is called in the help; empty for flags.</summary>
    internal string ValueName { get; init; } = kind switch
    {
        OptionKind.Flag => "",
        OptionKind.Number => "NUMBER",
        OptionKind.List => "LIST",
        OptionKind.Map => "NAME=VALUE",
        _ => "TEXT",
    };

    /// <summary>The value when nothing gives one: <c>""</c>, a number for numbers.</summary>
    internal string Default { get; init; } = "";

    /// <summary>Environment variables that set it, without their prefix, the first one first.</summary>
    internal string[] Keys { get; init; } = [];

    /// <summary>The variables count without a prefix too, after those with one.</summary>
    internal bool KeysWithoutPrefix { get; init; }

    /// <summary>Values of the environment are added to those of the command line, not replaced by them.</summary>
    internal bool EnvironmentAdds { get; init; }

    /// <summary>Works, but is not shown in the help.</summary>
    internal bool Hidden { get; init; }

    /// <summary>What to use instead; null when it is not deprecated.</summary>
    internal string? Deprecated { get; init; }

    /// <summary>What a command that starts a container makes of it; other commands judge for themselves.</summary>
    internal OptionSupport Support { get; init; }

    /// <summary>As error texts name it: <c>-B, --bind</c>.</summary>
    internal string Display => Letter == '\0' ? $"--{Name}" : $"-{Letter}, --{Name}";

    public override string ToString() => $"--{Name}";
}
