using Kerr.Cli.Help;
using Kerr.Linux.Files;

namespace Kerr.Cli.Commands;

/// <summary><c>help [command...]</c>: the same text as the command's --help.</summary>
internal static class HelpCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Help about any command",
        Synopsis = "[command... | image]",
        Examples = "kerr help exec\nkerr help config global",
        Run = Run,
    };

    private static int Run(Invocation invocation)
    {
        if (invocation.Arguments is [var image] && !CommandTable.TryFind("", image, out _) && FileSystem.TryStat(image) is not null)
        {
            return RunHelpCommand.Print(image, "");     // as Singularity 2 did
        }

        string path = "";
        Command command = ProgramCommand.Declaration;

        foreach (string word in invocation.Arguments)
        {
            if (!CommandTable.TryFind(path, word, out CommandEntry entry))
            {
                throw CommandTable.Unknown(invocation.Program, path, command, word);
            }

            path = entry.Path;
            command = entry.Declare();
        }

        StandardStream.Write(StandardStream.Output, HelpText.Of(invocation.Program, path, command));
        return 0;
    }
}
