using System;

namespace Kerr.Runtime.Environment.Shell;

/// <summary>A script is wrong by the shell's own rules: its syntax, or an expansion such as <c>${X:?}</c>.</summary>
public sealed class ShellErrorException(string file, int line, string what) : Exception($"{file}:{line}: {what}")
{
    public string File { get; } = file;

    public int Line { get; } = line;

    public string What { get; } = what;
}
