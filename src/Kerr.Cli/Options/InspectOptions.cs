namespace Kerr.Cli.Options;

/// <summary>Options of <c>inspect</c>.</summary>
internal static class InspectOptions
{
    internal static readonly Option Labels = Flag("labels", 'l', "show the labels; this is the default");

    internal static readonly Option Deffile = Flag("deffile", 'd', "show the definition file that the image was made by");

    internal static readonly Option Runscript = Flag("runscript", 'r', "show what run executes");

    internal static readonly Option Startscript = Flag("startscript", 's', "show what an instance executes when it starts");

    internal static readonly Option Test = Flag("test", 't', "show what test executes");

    internal static readonly Option Environment = Flag("environment", 'e', "show the scripts that set the environment");

    internal static readonly Option Helpfile = Flag("helpfile", 'H', "show the help of the image");

    internal static readonly Option ListApps = Flag("list-apps", '\0', "show the names of the apps");

    internal static readonly Option App = new("app", '\0', OptionKind.Text, OptionScope.None, "show this app instead of the image")
    { ValueName = "NAME" };

    internal static readonly Option Json = Flag("json", 'j', "print JSON");

    internal static readonly Option Everything = Flag("all", '\0', "show all that there is, as JSON");

    internal static readonly Option[] All =
        [Labels, Deffile, Runscript, Startscript, Test, Environment, Helpfile, ListApps, App, Json, Everything];

    private static Option Flag(string name, char letter, string help) => new(name, letter, OptionKind.Flag, OptionScope.None, help);
}
