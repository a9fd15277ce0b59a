using Kerr.Cli.Commands.Actions;
using Kerr.Cli.Console;
using Kerr.Cli.Help;
using Kerr.Cli.Options;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands;

/// <summary><c>explain</c>: what a command line would do, and why, without doing it.</summary>
internal static class ExplainCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Show what an action would do, and why",
        Synopsis = "[options] <exec|run|shell|test> [options] <image> [arguments...]",
        Description =
            "Prints every mount, environment change, namespace and identity step of the given command line with its "
            + "reason (flag, variable, configuration line, image), and what is left out and why. Nothing is started.",
        Examples = "kerr explain exec --contain image.sif true\nkerr explain --json run image.sif",
        Arity = Arity.AtLeast(1),
        Options = static () => ExplainOptions.All,
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        Invocation explained = CommandLineParser.Parse(
            invocation.Arguments, invocation.Program, invocation.Environment, invocation.Values);

        foreach (Note note in explained.Notes)
        {
            Log.Write(note);
        }

        if (explained.HelpWanted)
        {
            StandardStream.Write(
                StandardStream.Output, HelpText.Of(explained.Program, explained.Path, explained.Command));
            return 0;
        }

        LaunchAction action = explained.Path switch
        {
            "exec" => LaunchAction.Exec,
            "run" => LaunchAction.Run,
            "shell" => LaunchAction.Shell,
            "test" => LaunchAction.Test,
            _ => throw new UsageException(
                $"\"{explained.Path}\" starts no container, so there is nothing to explain", invocation.Path, invocation.Command),
        };

        return ActionStart.Explain(action, new ActionOptions(explained), invocation.Values.Flag(ExplainOptions.Json));
    }
}
