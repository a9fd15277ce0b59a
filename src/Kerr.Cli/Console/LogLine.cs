using System;
using System.Text;

namespace Kerr.Cli.Console;

/// <summary>The form of a message on standard error.</summary>
/// <remarks>
/// <code>
/// FATAL:   text                                              level and colon in 8 columns, a blank
/// DEBUG   [U=1000,P=33160]   Mounts.cs:152:MountTmp()                : text
/// 8       19                 40
/// </code>
/// The second form is used for all levels under --debug; U is the effective user at that moment.
/// </remarks>
internal static class LogLine
{
    private const int LevelWidth = 8, IdentityWidth = 19, LocationWidth = 40;

    /// <summary>One message, with its line feed; a remedy goes to a line of its own, below the text.</summary>
    internal static string Format(LogLevel level, string text, string? remedy, bool color, string? identity, string? location)
    {
        StringBuilder line = new(text.Length + 96);
        string label = Label(level);
        string? paint = color ? Paint(level) : null;
        line.Append(paint).Append(identity is null ? (label + ":").PadRight(LevelWidth) : label.PadRight(LevelWidth));
        line.Append(paint is null ? null : "\x1b[0m");
        int column = LevelWidth + 1;

        if (identity is null)
        {
            line.Append(' ');
        }
        else
        {
            string place = (location ?? "").PadRight(LocationWidth);
            string who = identity.PadRight(IdentityWidth);
            line.Append(who).Append(place).Append(": ");
            column = LevelWidth + who.Length + place.Length + 2;
        }

        Add(line, text, column);
        if (remedy is not null)
        {
            line.Append(' ', column);
            Add(line, remedy, column);
        }

        return line.ToString();
    }

    /// <summary>
    /// Adds text that may quote what is not ours: control characters are shown as `?`, so that they do nothing to the
    /// terminal, and what follows a line feed is indented, so that it cannot pass for a message.
    /// </summary>
    private static void Add(StringBuilder line, string text, int column)
    {
        foreach (char character in text.AsSpan().TrimEnd('\n'))
        {
            line.Append(character is < ' ' and not '\n' or '\x7F' ? '?' : character);
            if (character == '\n')
            {
                line.Append(' ', column);
            }
        }

        line.Append('\n');
    }

    internal static string Identity(uint user, int process) => $"[U={user},P={process}]";

    /// <summary><c>Mounts.cs:152:MountTmp()</c>, from what the compiler knows about the caller.</summary>
    internal static string Location(string file, int line, string member)
    {
        ReadOnlySpan<char> name = file.AsSpan(file.LastIndexOf('/') + 1);
        return $"{name}:{line}:{member}()";
    }

    private static string Label(LogLevel level) => level switch
    {
        LogLevel.Fatal => "FATAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARNING",
        LogLevel.Quiet => "LOG",
        LogLevel.Info => "INFO",
        LogLevel.Debug => "DEBUG",
        _ => "VERBOSE",
    };

    private static string? Paint(LogLevel level) => level switch
    {
        LogLevel.Fatal or LogLevel.Error => "\x1b[31m",
        LogLevel.Warning => "\x1b[33m",
        LogLevel.Info => "\x1b[34m",
        _ => null,
    };
}
