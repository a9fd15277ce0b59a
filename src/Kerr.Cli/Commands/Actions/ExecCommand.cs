using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary><c>exec</c>: runs a given command in a container.</summary>
internal static class ExecCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Run a command within a container",
        Synopsis = "[options] <image> <command> [arguments...]",
        Description =
            "The image is a file or a directory. What follows it is the command with its arguments, found by the PATH of the "
            + "container; options for it are not read here. The exit code is the command's; 255 is a failure to start it.",
        Examples =
            "kerr exec image.sif python3 -c 'print(1)'\n"
            + "kerr exec --bind /scratch:/data:ro image.sif ls /data\n"
            + "mpirun -n 4 kerr exec image.sif ./solver",
        Arity = Arity.AtLeast(2),
        Options = static () => ActionOptionTable.For(OptionScope.Exec),
        StartsContainers = true,
        Run = static invocation => ActionStart.Run(LaunchAction.Exec, new ActionOptions(invocation)),
    };
}
