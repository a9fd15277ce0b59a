using System.Collections.Generic;
using Kerr.Cli;
using Kerr.Cli.Commands;
using Kerr.Cli.Commands.Actions;
using Kerr.Cli.Options;
using Xunit;

namespace Kerr.Tests.Cli;

/// <summary>Parses command lines for tests, in an environment that is given.</summary>
internal static class CommandLines
{
    internal static Invocation Parse(string[] arguments, params string[] environment)
        => CommandLineParser.Parse(arguments, new ProgramName("apptainer"), environment);

    /// <summary>An exec with these options before image and command.</summary>
    internal static ActionOptions Exec(string[] options, params string[] environment)
        => new(Parse(["exec", .. options, "image.sif", "true"], environment));

    internal static UsageException Fails(params string[] arguments)
        => Assert.Throws<UsageException>(() => Parse(arguments));

    internal static IEnumerable<(string Path, Command Command)> AllCommands()
    {
        yield return ("", ProgramCommand.Declaration);

        foreach (CommandEntry entry in CommandTable.Entries.ToArray())
        {
            yield return (entry.Path, entry.Declare());
        }
    }
}
