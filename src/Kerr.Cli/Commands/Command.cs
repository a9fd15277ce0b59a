using System;
using Kerr.Cli.Options;

namespace Kerr.Cli.Commands;

/// <summary>The declaration of a command: what the parser, the help and the program need to know.</summary>
internal sealed class Command
{
    /// <summary>One line for the list of commands: what it does.</summary>
    internal required string Summary { get; init; }

    /// <summary>What follows its name: <c>[options] &lt;image&gt; &lt;command&gt; [arguments...]</c>.</summary>
    internal string Synopsis { get; init; } = "";

    /// <summary>Paragraphs for its help, each one long line, a blank line between them.</summary>
    internal string Description { get; init; } = "";

    /// <summary>Command lines for its help, as they are typed, the program's name first.</summary>
    internal string Examples { get; init; } = "";

    internal Arity Arity { get; init; } = Arity.Any;

    /// <summary>Its own options; made when they are needed.</summary>
    internal Func<Option[]> Options { get; init; } = static () => [];

    /// <summary>Whether it starts containers: then the help tells what <see cref="Option.Support"/> says.</summary>
    internal bool StartsContainers { get; init; }

    /// <summary>Does it and gives the exit code; null for a group of commands.</summary>
    internal Func<Invocation, int>? Run { get; init; }

    /// <summary>The exit code when it fails: 255, but 1 where scripts know the peers' command by that.</summary>
    internal int FailureCode { get; init; } = 255;

    /// <summary>Not listed, but there.</summary>
    internal bool Hidden { get; init; }
}
