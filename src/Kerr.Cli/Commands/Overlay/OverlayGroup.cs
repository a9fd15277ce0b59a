namespace Kerr.Cli.Commands.Overlay;

/// <summary><c>overlay</c>: images that keep what containers change.</summary>
internal static class OverlayGroup
{
    internal static Command Declare() => new()
    {
        Summary = "Manage images that keep what containers change",
    };
}
