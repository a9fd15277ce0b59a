using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary><c>run</c>: runs what the image was made to do.</summary>
internal static class RunCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Run the runscript of a container",
        Synopsis = "[options] <image> [arguments...]",
        Description =
            "The runscript is what the image's maker gave it to do; with --app it is that of one app. The arguments are "
            + "passed to it. An executable image file runs the same way: ./image.sif arguments.",
        Examples = "kerr run image.sif --version\nkerr run --app plot image.sif data.csv",
        Arity = Arity.AtLeast(1),
        Options = static () => ActionOptionTable.For(OptionScope.Run),
        StartsContainers = true,
        Run = static invocation => ActionStart.Run(LaunchAction.Run, new ActionOptions(invocation)),
    };
}
