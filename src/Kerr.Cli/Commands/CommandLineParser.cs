using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;

namespace Kerr.Cli.Commands;

/// <summary>Turns arguments and environment into an <see cref="Invocation"/>.</summary>
/// <remarks>Options end at the first argument that is none: what follows the image belongs to the payload.</remarks>
internal static class CommandLineParser
{
    /// <summary>Reads a whole command line, without the program's name.</summary>
    /// <param name="arguments">As they were given.</param>
    /// <param name="program">The name that it was called by.</param>
    /// <param name="environment">The caller's.</param>
    /// <param name="inherited">Values of global options that hold already, for a command line inside another.</param>
    /// <exception cref="UsageException">It does not follow the grammar.</exception>
    /// <exception cref="Kerr.Linux.UserException">The environment holds a value that its option cannot take.</exception>
    internal static Invocation Parse(
        string[] arguments, ProgramName program, IReadOnlyList<string> environment, OptionValues? inherited = null)
    {
        OptionValues values = inherited ?? new OptionValues();
        List<Note> notes = [];
        string path = "";
        Command command = ProgramCommand.Declaration;
        Option[] own = GlobalOptions.All;
        bool help = false;
        int at = 0;

        while (true)
        {
            OptionParser parser = new(own, path.Length == 0 ? [] : GlobalOptions.Everywhere, values, notes);

            if (parser.Read(arguments, ref at) is { } problem)
            {
                throw new UsageException(problem, path, command, aboutOptions: true) { Hint = parser.Suggestion };
            }

            help |= parser.HelpWanted;

            if (at == arguments.Length)
            {
                break;
            }

            string word = arguments[at];
            bool found = CommandTable.TryFind(path, word, out CommandEntry entry);

            if (!found && command.Run is not null)
            {
                break; // the word is its argument
            }

            if (!found)
            {
                throw CommandTable.Unknown(program, path, command, word);
            }

            at++;
            path = entry.Path;
            command = entry.Declare();
            own = command.Options();
        }

        string[] rest = arguments[at..];

        if (!help)
        {
            if (command.Run is not null && command.Arity.Problem(rest.Length) is { } problem)
            {
                throw new UsageException(problem, path, command);
            }

            if (inherited is null)
            {
                EnvironmentValues.Apply(environment, GlobalOptions.All, values, notes);
            }

            if (path.Length > 0)
            {
                EnvironmentValues.Apply(environment, own, values, notes);
            }
        }

        return new Invocation
        {
            Program = program,
            Path = path,
            Command = command,
            Values = values,
            Arguments = rest,
            Environment = environment,
            Notes = notes,
            HelpWanted = help,
        };
    }
}
