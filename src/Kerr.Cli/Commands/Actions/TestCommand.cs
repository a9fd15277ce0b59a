using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary><c>test</c>: runs the test script of an image.</summary>
internal static class TestCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Run the test script of a container",
        Synopsis = "[options] <image> [arguments...]",
        Description = "An image without a test script passes.",
        Examples = "kerr test image.sif",
        Arity = Arity.AtLeast(1),
        Options = static () => ActionOptionTable.For(OptionScope.Test),
        StartsContainers = true,
        Run = static invocation => ActionStart.Run(LaunchAction.Test, new ActionOptions(invocation)),
    };
}
