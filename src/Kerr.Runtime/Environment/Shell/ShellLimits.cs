namespace Kerr.Runtime.Environment.Shell;

/// <summary>
/// What one evaluation may cost. A script that needs more is given to the image's own shell, which a user can interrupt.
/// </summary>
internal sealed class ShellLimits
{
    internal const int ScriptBytes = 1 << 20;
    internal const int SyntaxDepth = 100;
    internal const int CallDepth = 20;
    internal const int ValueBytes = 1 << 20;

    private int _commands = 100_000;
    private long _bytes = 32L << 20;

    /// <summary>Counts one command; false when there were too many.</summary>
    internal bool Step() => --_commands >= 0;

    /// <summary>Counts characters that an expansion or a pattern match touches; false when there were too many.</summary>
    internal bool Touch(long characters)
    {
        _bytes -= characters;
        return _bytes >= 0;
    }
}
