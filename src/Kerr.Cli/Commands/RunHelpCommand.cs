using System.Text;
using Kerr.Build.Inspection;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Image;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>run-help</c>: what the author of an image says about its use.</summary>
internal static class RunHelpCommand
{
    private static readonly Option s_app = new("app", '\0', OptionKind.Text, OptionScope.Run, "the help of this app of the image")
    { ValueName = "NAME", Keys = ["APP"] };

    internal static Command Declare() => new()
    {
        Summary = "Show the help that an image brings",
        Synopsis = "[options] <image>",
        Description = "Prints the %help section of the definition that the image was built by, or with --app the %apphelp of an app.",
        Examples = "kerr run-help image.sif\nkerr run-help --app blast image.sif",
        Arity = Arity.Exactly(1),
        Options = static () => [s_app],
        Run = static invocation => Print(invocation.Arguments[0], invocation.Values.Text(s_app)),
    };

    /// <summary>Prints it; an image without says so.</summary>
    internal static int Print(string path, string app)
    {
        ImageAttributes attributes;
        using (ImageFile image = ImageFile.Open(path))
        {
            attributes = ImageInspection.Of(image, static text => Log.Warning(text));
        }

        if (app.Length > 0)
        {
            attributes = attributes.Apps.TryGetValue(ByteText.ToUnicode(app), out ImageAttributes? found)
                ? found : throw new UserException($"the image has no app {app}", $"see which it has: kerr inspect --list-apps {path}");
        }

        string text = attributes.Helpfile.Length > 0
            ? attributes.Helpfile + "\n" : $"No help sections were defined for this {(app.Length > 0 ? "app" : "image")}\n";
        StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetBytes(text));
        return 0;
    }
}
