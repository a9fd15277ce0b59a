namespace Kerr.Cli.Options;

/// <summary>Options of <c>explain</c>; those of the explained command follow its name.</summary>
internal static class ExplainOptions
{
    internal static readonly Option Json = new("json", '\0', OptionKind.Flag, OptionScope.None, "print the plan as JSON");

    internal static readonly Option[] All = [Json];
}
