using System;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>Lines for the user: each is put together in one place and written by one call.</summary>
internal static unsafe class Say
{
    private const int Capacity = 4096;
    private static Buffer s_line;
    private static int s_length;

    /// <summary>Which lines are wanted, −4 to 5; the user's half tells.</summary>
    internal static int Level = 1;

    /// <summary>Why the launch ends, and what to do; ends it.</summary>
    internal static void Fatal(ReadOnlySpan<byte> what, int error, ReadOnlySpan<byte> remedy, byte* subject = null)
    {
        s_length = 0;
        Add("FATAL:   "u8);
        Add(what);
        Add(subject);
        if (error != 0)
        {
            Add(": "u8);
            Add(Errno.Describe(error < 0 ? -error : error));
        }

        Add("\n         "u8);
        Add(remedy);
        End();
        Sys.Exit(255);
    }

    /// <summary>A line that --verbose prints.</summary>
    internal static void Verbose(ReadOnlySpan<byte> what, byte* subject = null)
    {
        if (Level >= 4)
        {
            s_length = 0;
            Add("VERBOSE: "u8);
            Add(what);
            Add(subject);
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

        s_length = 0;
        Add("DEBUG   [U="u8);
        Add((ulong)Sys.Call(Nr.Geteuid));
        Add(",P="u8);
        Add((ulong)Sys.Call(Nr.Getpid));
        Add("]"u8);
        PadTo(27);
        Add(file, 1);
        Add(":"u8);
        Add((ulong)line);
        Add(":"u8);
        Add(method, 0);
        Add("()"u8);
        PadTo(67);
        Add(": "u8);
        Add(what);
        Add(more);
        End();
    }

    private static void PadTo(int column)
    {
        while (s_length < column)
        {
            Add(" "u8);
        }
    }

    private static void Add(byte value)
    {
        if (s_length < Capacity - 1)
        {
            s_line.Bytes[s_length++] = value;
        }
    }

    private static void Add(ReadOnlySpan<byte> text)
    {
        byte* from = (byte*)text.Start;
        for (int i = 0; i < text.Length; i++)
        {
            Add(from[i]);
        }
    }

    /// <summary>Text that is not ours: what is no plain character is shown as `?`, and cannot pass for a line of ours.</summary>
    private static void Add(byte* text)
    {
        for (; text != null && *text != 0; text++)
        {
            Add(*text is < 32 or >= 127 ? (byte)'?' : *text);
        }
    }

    private static void Add(string text, int from)
    {
        fixed (char* characters = text)
        {
            for (int i = from; i < text.Length; i++)
            {
                Add((byte)characters[i]);
            }
        }
    }

    private static void Add(ulong value)
    {
        byte* digits = stackalloc byte[24];
        *Text.Number(digits, value) = 0;
        Add(digits);
    }

    private static void End()
    {
        s_line.Bytes[s_length++] = (byte)'\n';
        fixed (byte* line = s_line.Bytes)
        {
            _ = Sys.WriteAll(2, line, s_length); // who closed stderr wants no lines
        }
    }

    private struct Buffer
    {
        internal fixed byte Bytes[Capacity];
    }
}

/// <summary>Errors of the few parts that this program shares with the starter.</summary>
internal static unsafe class Report
{
    internal static void Fatal(ReadOnlySpan<byte> message, int error, ReadOnlySpan<byte> remedy) => Say.Fatal(message, error, remedy, null);
}
