namespace Kerr.Cli.Options;

/// <summary>Options of <c>config global</c>.</summary>
internal static class ConfigGlobalOptions
{
    internal static readonly Option Set = new("set", 's', OptionKind.Flag, OptionScope.None,
        "set the directive; to a list, add the values");

    internal static readonly Option Unset = new("unset", 'u', OptionKind.Flag, OptionScope.None,
        "take the value away; from a list, those values");

    internal static readonly Option Get = new("get", 'g', OptionKind.Flag, OptionScope.None,
        "print the value in force");

    internal static readonly Option Reset = new("reset", 'r', OptionKind.Flag, OptionScope.None,
        "go back to the default");

    internal static readonly Option DryRun = new("dry-run", 'd', OptionKind.Flag, OptionScope.None,
        "print the resulting file and change nothing");

    internal static readonly Option[] All = [Set, Unset, Get, Reset, DryRun];
}
