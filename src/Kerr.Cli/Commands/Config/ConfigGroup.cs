namespace Kerr.Cli.Commands.Config;

/// <summary><c>config</c>: settings of the installation.</summary>
internal static class ConfigGroup
{
    internal static Command Declare() => new()
    {
        Summary = "Manage the settings of this installation",
    };
}
