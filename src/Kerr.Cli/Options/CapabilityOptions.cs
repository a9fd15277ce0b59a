namespace Kerr.Cli.Options;

/// <summary>Options of <c>capability add</c> and <c>capability drop</c>.</summary>
internal static class CapabilityOptions
{
    internal static readonly Option User = new("user", 'u', OptionKind.Text, OptionScope.None, "the user whose capabilities are changed")
    { ValueName = "NAME", Keys = ["CAP_USER"] };

    internal static readonly Option Group = new("group", 'g', OptionKind.Text, OptionScope.None, "the group whose capabilities are changed")
    { ValueName = "NAME", Keys = ["CAP_GROUP"] };

    internal static readonly Option[] All = [User, Group];
}
