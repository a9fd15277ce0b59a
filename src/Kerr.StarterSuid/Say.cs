using System;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>Lines for the user: each is put together in one place and written by one call.</summary>
internal static unsafe class Say
{
    private static TextBuffer s_line;

    /// <summary>Which lines are wanted, −4 to 5; the user's half tells. Those of failures are always.</summary>
    internal static int Level;

    /// <summary>Why the launch ends, and what to do; ends it.</summary>
    internal static void Fatal(ReadOnlySpan<byte> what, int error, ReadOnlySpan<byte> remedy, byte* subject = null)
    {
        s_line.Begin("FATAL:   "u8);
        s_line.Add(what);
        s_line.Add(subject);
        s_line.Add(error < 0 ? ": "u8 : default);
        s_line.Add(Errno.Describe(-error));
        s_line.Add("\n         "u8);
        s_line.Add(remedy);
        End();
        Sys.Exit(255);
    }

    /// <summary>The same where only a fault of ours can be why.</summary>
    internal static void Fault(ReadOnlySpan<byte> what, int error) => Fatal(what, error, "this is an error in kerr; please report it"u8);

    /// <summary>A line that --verbose prints.</summary>
    internal static void Verbose(ReadOnlySpan<byte> what, byte* subject)
    {
        if (Level >= 4)
        {
            s_line.Begin("VERBOSE: "u8);
            s_line.Add(what);
            s_line.Add(subject);
            End();
        }
    }

    /// <summary>A line that --debug prints: effective user, process, place in the source, then what is done.</summary>
    internal static void Debug(
        ReadOnlySpan<byte> what, ReadOnlySpan<byte> more = default, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string method = "")
    {
        if (Level < 5)
        {
            return;
        }

        s_line.Begin("DEBUG   [U="u8);
        s_line.Add((ulong)Sys.Call(Nr.Geteuid));
        s_line.Add(",P="u8);
        s_line.Add((ulong)Sys.Call(Nr.Getpid));
        s_line.Add("]"u8);
        s_line.PadTo(27);
        s_line.Add(file, 1);
        s_line.Add(":"u8);
        s_line.Add((ulong)line);
        s_line.Add(":"u8);
        s_line.Add(method, 0);
        s_line.Add("()"u8);
        s_line.PadTo(67);
        s_line.Add(": "u8);
        s_line.Add(what);
        s_line.Add(more);
        End();
    }

    private static void End()
    {
        s_line.Add((byte)'\n');
        _ = Sys.Call(Nr.Write, 2, (nint)s_line.Start(), s_line.Length); // who closed stderr wants no lines
    }
}
