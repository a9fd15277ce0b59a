using System;
using System.Runtime.CompilerServices;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>One line of output, built up and then written to stderr by one call.</summary>
internal static unsafe class Line
{
    private const int Capacity = 20 << 10;
    private static byte* s_start;
    private static byte* s_at;

    /// <summary>Begins a line with a tag in the colour of its level, and goes on at column <paramref name="width"/>.</summary>
    internal static void Begin(ReadOnlySpan<byte> tag, int colour = 0, int width = 9)
    {
        s_start = s_start == null ? Arena.Take(Capacity) : s_start;
        s_at = s_start;
        bool coloured = colour != 0 && (Report.Flags & HeaderFlags.Colour) != 0;
        if (coloured)
        {
            Add("\u001b["u8);
            Number((ulong)colour);
            Add("m"u8);
        }

        byte* column = s_at;
        Add(tag);
        PadTo(column, width);
        Add(coloured ? "\u001b[0m"u8 : default);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Add(ReadOnlySpan<byte> text)
    {
        s_at = Text.Copy(s_at, text.Start, Fitting(text.Length));
    }

    /// <summary>Adds text that is not ours: control characters are shown as `?`, and a line break cannot pass for a line of ours.</summary>
    internal static void Add(byte* text)
    {
        for (; text != null && *text != 0 && Fitting(1) > 0; text++)
        {
            if (*text == '\n')
            {
                Add("\n         "u8);
            }
            else
            {
                *s_at++ = *text is < 32 or 127 ? (byte)'?' : *text;
            }
        }
    }

    internal static void Number(ulong value)
    {
        byte* digits = stackalloc byte[24];
        *Text.Number(digits, value) = 0;
        Add(digits);
    }

    /// <summary>Adds text of the program itself (ASCII).</summary>
    internal static void Add(string text, int from = 0)
    {
        fixed (char* characters = text)
        {
            for (int i = from; i < text.Length && Fitting(1) > 0; i++)
            {
                *s_at++ = (byte)characters[i];
            }
        }
    }

    internal static void Error(int error)
    {
        byte* known = Errno.Describe(error);
        Add(known);
        if (known == null)
        {
            Add("error "u8);
            Number((ulong)error);
        }
    }

    internal static byte* Here => s_at;

    internal static void PadTo(byte* start, int width)
    {
        while (s_at - start < width)
        {
            *s_at++ = (byte)' ';
        }
    }

    internal static void End()
    {
        *s_at++ = (byte)'\n';
        Sys.WriteAll(2, s_start, (nint)(s_at - s_start));
    }

    /// <summary>How many of so many bytes still fit; what does not is left out.</summary>
    private static nint Fitting(nint wanted)
    {
        nint room = (nint)(s_start + Capacity - 64 - s_at);
        return wanted < room ? wanted : room < 0 ? 0 : room;
    }
}

/// <summary>Messages to the user.</summary>
internal static unsafe class Report
{
    internal const int Red = 31, Yellow = 33, Blue = 34;

    /// <summary>Which messages are wanted: −4 (fatal) to 5 (debug).</summary>
    internal static int Level = 1;

    internal static uint Flags;

    /// <summary>Says why the launch ends, and ends it.</summary>
    internal static void Fatal(ReadOnlySpan<byte> message, int error, ReadOnlySpan<byte> remedy)
    {
        Line.Begin("FATAL:"u8, Red);
        Line.Add(message);
        Finish(error, (byte*)remedy.Start);
        Sys.Exit(255);
    }

    /// <summary>Says that a step failed, in the plan's words, and ends the launch unless the step may fail.</summary>
    internal static void Failed(byte* step, int error)
    {
        FailurePolicy policy = (FailurePolicy)Plan.U16(step, Step.Policy);
        if (policy == FailurePolicy.Fatal || (policy == FailurePolicy.Warn ? Level >= -2 : Level >= 4))
        {
            Begin(policy);
            byte* entry = Plan.Failure(step, error);
            byte* message = entry == null ? null : Plan.String(entry, 4);
            Line.Add(message != null ? message : Plan.String(step, Step.Text));
            if (message == null)
            {
                Line.Add(" failed"u8);
            }

            // unshare has no space in a count of namespaces: the kernel's words would send people to their disks.
            bool misleading = message != null && error == E.NOSPC && Plan.Kind(step) == StepKind.Unshare;
            Finish(misleading ? 0 : error, entry == null ? null : Plan.String(entry, 8));
        }

        if (policy == FailurePolicy.Fatal)
        {
            Ending.Tell(-1);
            Sys.Exit(255);
        }
    }

    internal static void Warning(ReadOnlySpan<byte> message, byte* subject, int error = 0)
    {
        if (Level >= -2)
        {
            Line.Begin("WARNING:"u8, Yellow);
            Line.Add(message);
            Line.Add(subject);
            Finish(error, null);
        }
    }

    internal static void Info(byte* message)
    {
        if (message != null && Level >= 1)
        {
            Line.Begin("INFO:"u8, Blue);
            Line.Add(message);
            Line.End();
        }
    }

    /// <summary>Ends a message: error, then the remedy on a line of its own.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Finish(int error, byte* remedy)
    {
        if (error > 0)
        {
            Line.Add(": "u8);
            Line.Error(error);
        }

        if (remedy != null && *remedy != 0)
        {
            Line.Add("\n         "u8);
            Line.Add(remedy);
        }

        Line.End();
    }

    private static void Begin(FailurePolicy policy)
    {
        switch (policy)
        {
            case FailurePolicy.Fatal:
                Line.Begin("FATAL:"u8, Red);
                break;
            case FailurePolicy.Warn:
                Line.Begin("WARNING:"u8, Yellow);
                break;
            default:
                Line.Begin("VERBOSE:"u8);
                break;
        }
    }
}
