using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary><c>shell</c>: an interactive shell in a container.</summary>
internal static class ShellCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Run a shell within a container",
        Synopsis = "[options] <image> [arguments...]",
        Description = "The shell is the one that --shell names, else bash where the image has it, else sh.",
        Examples = "kerr shell image.sif\nkerr shell --shell /bin/zsh --contain image.sif",
        Arity = Arity.AtLeast(1),
        Options = static () => ActionOptionTable.For(OptionScope.Shell),
        StartsContainers = true,
        Run = static invocation => ActionStart.Run(LaunchAction.Shell, new ActionOptions(invocation)),
    };
}
