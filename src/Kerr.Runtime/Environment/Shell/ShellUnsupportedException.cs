using System;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>Why the interpreter stepped back from a construct.</summary>
public enum ShellRefusal
{
    /// <summary>A construct outside the subset, or one whose outcome is not known before the launch.</summary>
    Construct,

    /// <summary>A program would have to be run; the construct is its command line.</summary>
    Command,

    /// <summary>A file would have to be opened; the construct is its path.</summary>
    Redirection,

    /// <summary>The script is larger, deeper or longer-running than the interpreter allows.</summary>
    Limit,
}

/// <summary>A script reached something that only a real shell can do; nothing was decided wrongly before it.</summary>
public sealed class ShellUnsupportedException(
    string file, int line, string construct, ShellRefusal refusal = ShellRefusal.Construct)
    : Exception($"{file}:{line}: {construct}")
{
    public string File { get; } = file;

    public int Line { get; } = line;

    public string Construct { get; } = construct;

    public ShellRefusal Refusal { get; } = refusal;
}
