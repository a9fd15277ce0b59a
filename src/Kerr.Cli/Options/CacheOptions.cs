namespace Kerr.Cli.Options;

/// <summary>Options of the group <c>cache</c>.</summary>
internal static class CacheOptions
{
    internal static readonly Option Type = new("type", 'T', OptionKind.List, OptionScope.None,
        "only these kinds: library, oci, shub, blob, net, oras; all")
    { Default = "all" };

    internal static readonly Option Verbose = new("verbose", 'v', OptionKind.Flag, OptionScope.None, "a line for each entry");

    internal static readonly Option Days = new("days", 'D', OptionKind.Number, OptionScope.None, "only what is older than so many days")
    { Default = "0" };

    internal static readonly Option DryRun = new("dry-run", 'n', OptionKind.Flag, OptionScope.None, "tell what would be removed, and remove nothing");

    internal static readonly Option Force = new("force", 'f', OptionKind.Flag, OptionScope.None, "do not ask");

    internal static readonly Option[] List = [Type, Verbose];

    internal static readonly Option[] Clean = [Type, Days, DryRun, Force];
}
