using System.Collections.Generic;
using Kerr.Cli.Console;
using Kerr.Cli.Options;

namespace Kerr.Cli.Commands;

/// <summary>A command line that has been understood: which command, with what options and arguments.</summary>
internal sealed class Invocation
{
    internal required ProgramName Program { get; init; }

    /// <summary>The command's words, <c>config global</c>; empty for the program itself.</summary>
    internal required string Path { get; init; }

    internal required Command Command { get; init; }

    /// <summary>Values of the command's and of the global options.</summary>
    internal required OptionValues Values { get; init; }

    /// <summary>What follows the options, byte for byte.</summary>
    internal required string[] Arguments { get; init; }

    /// <summary>The environment of the caller, <c>NAME=value</c>, byte for byte.</summary>
    internal required IReadOnlyList<string> Environment { get; init; }

    /// <summary>What the parser found worth saying.</summary>
    internal required IReadOnlyList<Note> Notes { get; init; }

    /// <summary>--help was among the options: the command is to be explained, not run.</summary>
    internal required bool HelpWanted { get; init; }
}
