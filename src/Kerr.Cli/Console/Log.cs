using System.Runtime.CompilerServices;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;

namespace Kerr.Cli.Console;

/// <summary>Messages to the user, on standard error, a line per <c>write(2)</c>.</summary>
internal static class Log
{
    private static bool s_color;

    /// <summary>What is shown: this and everything more important. The starter gets it as a number.</summary>
    internal static LogLevel Level { get; private set; } = LogLevel.Info;

    /// <summary>Whether lines are coloured: asked for, and standard error is a terminal.</summary>
    internal static bool Color => s_color;

    internal static void Configure(LogLevel level, bool color)
    {
        Level = level;
        s_color = color && CurrentProcess.IsTerminal(StandardStream.Error);
    }

    internal static bool Shows(LogLevel level) => level <= Level;

    internal static void Fatal(
        string text, string? remedy = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Fatal, text, remedy, file, line, member);

    internal static void Error(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Error, text, null, file, line, member);

    internal static void Warning(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Warning, text, null, file, line, member);

    internal static void Info(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Info, text, null, file, line, member);

    internal static void Verbose(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Verbose, text, null, file, line, member);

    /// <summary>Ask <see cref="Shows"/> first where the text costs something to make.</summary>
    internal static void Debug(
        string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(LogLevel.Debug, text, null, file, line, member);

    internal static void Write(
        Note note, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string member = "")
        => Write(note.Level, note.Text, null, file, line, member);

    private static void Write(LogLevel level, string text, string? remedy, string file, int line, string member)
    {
        if (!Shows(level))
        {
            return;
        }

        bool debug = Level >= LogLevel.Debug;

        Raw(LogLine.Format(
            level, text, remedy, s_color,
            debug ? LogLine.Identity(CurrentProcess.EffectiveUserId, CurrentProcess.Id) : null,
            debug ? LogLine.Location(file, line, member) : null));
    }

    /// <summary>Text for standard error that is no message: usage.</summary>
    internal static void Raw(string text)
    {
        try
        {
            StandardStream.Write(StandardStream.Error, text);
        }
        catch (LinuxException)
        {
            // Standard error is closed or full: what was to be said is not worth failing for.
        }
    }
}
