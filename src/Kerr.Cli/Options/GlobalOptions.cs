namespace Kerr.Cli.Options;

/// <summary>Options of the program itself: before the command or among the command's own.</summary>
/// <remarks>A command's own option of the same letter wins there: <c>exec -c</c> is contain, <c>-c FILE exec</c> a configuration.</remarks>
internal static class GlobalOptions
{
    internal static readonly Option Config = new("config", 'c', OptionKind.Text, OptionScope.None,
        "read this configuration instead of the installed kerr.conf (root, or an installation without setuid)")
    { ValueName = "FILE", Keys = ["CONFIG_FILE"] };

    internal static readonly Option BuildConfig = new("build-config", '\0', OptionKind.Flag, OptionScope.None,
        "use the defaults that builds run with: no bind path, resolv.conf, home or devpts");

    internal static readonly Option Debug = new("debug", 'd', OptionKind.Flag, OptionScope.None,
        "report every step, with user, process and place in the source")
    { Keys = ["DEBUG"] };

    internal static readonly Option Verbose = new("verbose", 'v', OptionKind.Flag, OptionScope.None,
        "say more")
    { Keys = ["VERBOSE"] };

    internal static readonly Option Quiet = new("quiet", 'q', OptionKind.Flag, OptionScope.None,
        "leave out informational messages")
    { Keys = ["QUIET"] };

    internal static readonly Option Silent = new("silent", 's', OptionKind.Flag, OptionScope.None,
        "print errors only")
    { Keys = ["SILENT"] };

    internal static readonly Option NoColor = new("nocolor", '\0', OptionKind.Flag, OptionScope.None,
        "do not colour messages")
    { Keys = ["NOCOLOR"] };

    internal static readonly Option Version = new("version", '\0', OptionKind.Flag, OptionScope.None,
        "print name and version");

    /// <summary>Every command has it; asking for it is not an option value but ends the parsing.</summary>
    internal static readonly Option Help = new("help", 'h', OptionKind.Flag, OptionScope.None, "show this help");

    internal static readonly Option[] All = [Config, BuildConfig, Debug, Verbose, Quiet, Silent, NoColor, Version];

    /// <summary>Those that may stand among the options of a command too.</summary>
    internal static Option[] Everywhere => [Config, BuildConfig, Debug, Verbose, Quiet, Silent, NoColor];
}
