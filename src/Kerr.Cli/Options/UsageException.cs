using System;
using Kerr.Cli.Commands;

namespace Kerr.Cli.Options;

/// <summary>A command line that does not follow the grammar; it ends with exit code 1 and the command's usage.</summary>
/// <param name="reason">What is wrong with it, in the words that clients of the peers know.</param>
/// <param name="path">The command that was being read, <c>config global</c>; empty for the program itself.</param>
/// <param name="command">Its declaration.</param>
/// <param name="aboutOptions">It is about an option: the commands of a group do not help.</param>
internal sealed class UsageException(string reason, string path, Command command, bool aboutOptions = false)
    : Exception(reason)
{
    internal string Path { get; } = path;

    internal Command Command { get; } = command;

    internal bool AboutOptions { get; } = aboutOptions;

    /// <summary>What was most likely meant; null when nothing is near.</summary>
    internal string? Hint { get; init; }
}
