namespace Kerr.Cli.Commands.Images;

/// <summary><c>image</c>: images where they are needed.</summary>
internal static class ImageGroup
{
    internal static Command Declare() => new() { Summary = "Bring images to where they are run" };
}
