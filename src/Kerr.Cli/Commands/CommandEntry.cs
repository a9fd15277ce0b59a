using System;

namespace Kerr.Cli.Commands;

/// <summary>A line of the table of commands.</summary>
/// <param name="Path">Its words, <c>config global</c>; a group has a line of its own.</param>
/// <param name="Declare">Makes the declaration; called for the command that runs, and for help.</param>
/// <param name="Alias">Another last word for it.</param>
internal readonly record struct CommandEntry(string Path, Func<Command> Declare, string? Alias = null)
{
    /// <summary>The words before the last: the group it belongs to, empty for the program itself.</summary>
    internal ReadOnlySpan<char> Group
    {
        get
        {
            int blank = Path.LastIndexOf(' ');
            return blank < 0 ? default : Path.AsSpan(0, blank);
        }
    }

    /// <summary>The last word.</summary>
    internal string Name => Path[(Path.LastIndexOf(' ') + 1)..];
}
