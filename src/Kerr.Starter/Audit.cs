using System.Runtime.CompilerServices;
using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The line per privileged step that --debug prints, and the times that --timings prints.</summary>
internal static unsafe class Audit
{
    private const int PhaseCount = 7;
    private static Times s_times;
    private static ulong s_started;
    private static ulong s_since;

    private static System.ReadOnlySpan<byte> PhaseName(int phase) => phase switch
    {
        0 => "namespaces"u8,
        1 => "session"u8,
        2 => "image"u8,
        3 => "root"u8,
        4 => "mounts"u8,
        5 => "enter"u8,
        _ => "privileges"u8,
    };

    /// <summary>Prints effective uid, process, place in the source and what the step does.</summary>
    internal static void Tell(byte* step, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string method = "")
    {
        if (Report.Level >= 5)
        {
            Begin(file, line, method);
            Line.Add(Plan.String(step, Step.Text));
            Line.End();
        }
    }

    /// <summary>Prints a line like those of steps, for what a step decides underway.</summary>
    internal static void Note(
        System.ReadOnlySpan<byte> text, byte* subject = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string method = "")
    {
        if (Report.Level >= 5)
        {
            Begin(file, line, method);
            Line.Add(text);
            Line.Add(subject);
            Line.End();
        }
    }

    /// <summary>Starts the clock.</summary>
    internal static void StartClock()
    {
        if ((Report.Flags & HeaderFlags.Timings) != 0)
        {
            s_started = s_since = Sys.Now();
        }
    }

    /// <summary>Counts the time since the last call for the phase that a step of this kind belongs to.</summary>
    internal static void Count(StepKind kind, bool rootMade)
    {
        if (s_started != 0)
        {
            ulong now = Sys.Now();
            s_times.Spent[Phase(kind, rootMade)] += now - s_since;
            s_since = now;
        }
    }

    /// <summary>Prints the planner's phases, ours, and the total up to now.</summary>
    internal static void PrintTimes()
    {
        if (s_started == 0)
        {
            return;
        }

        byte* phases = Plan.At(Plan.U32(Plan.Start, Header.Phases));
        for (uint i = 0; i < Plan.Count(phases); i++)
        {
            byte* phase = Plan.Item(phases, i);
            byte* mark = Text.Find(phase, (byte)'=');
            if (mark != null)
            {
                byte* name = Arena.Take((nint)(mark - phase) + 1);
                *Text.Copy(name, phase, (nint)(mark - phase)) = 0;
                long spent = Text.ParseNumber(mark + 1);
                Print(default, name, spent < 0 ? 0 : (ulong)spent);
            }
        }

        Print("exec starter"u8, null, s_started - Plan.U64(Plan.Start, Header.HandedOverAt));
        for (int phase = 0; phase < PhaseCount; phase++)
        {
            Print(PhaseName(phase), null, s_times.Spent[phase]);
        }

        PrintTotal();
    }

    /// <summary>Prints the time since the image's scripts began, unless that is 0, and the total.</summary>
    internal static void PrintScripts(ulong since)
    {
        if (since > 0 && (Report.Flags & HeaderFlags.Timings) != 0)
        {
            Print("image scripts"u8, null, Sys.Now() - since);
            PrintTotal();
        }
    }

    /// <summary>Prints the time since the command began.</summary>
    internal static void PrintTotal() => Print("total"u8, null, Sys.Now() - Plan.U64(Plan.Start, Header.StartedAt));

    /// <summary>Prints one time.</summary>
    internal static void Print(System.ReadOnlySpan<byte> name, byte* more, ulong nanoseconds)
    {
        Line.Begin("TIMING:"u8);
        byte* column = Line.Here;
        Line.Add(name);
        Line.Add(more);
        Line.PadTo(column, 32);
        column = Line.Here;
        ulong microseconds = (nanoseconds + 500) / 1000;
        for (ulong limit = 1000; limit >= 10 && microseconds / 1000 < limit; limit /= 10)
        {
            Line.Add(" "u8);
        }

        Line.Number(microseconds / 1000);
        Line.Add("."u8);
        Line.Number(microseconds / 100 % 10);
        Line.Number(microseconds / 10 % 10);
        Line.Number(microseconds % 10);
        Line.Add(" ms"u8);
        Line.End();
    }

    private static void Begin(string file, int line, string method)
    {
        Line.Begin("DEBUG"u8, 0, 8);
        byte* column = Line.Here;
        Line.Add("[U="u8);
        Line.Number((ulong)Sys.Call(Nr.Geteuid));
        Line.Add(",P="u8);
        Line.Number((ulong)Sys.Call(Nr.Getpid));
        Line.Add("]"u8);
        Line.PadTo(column, 19);
        column = Line.Here;
        Line.Add(file, 1); // the build maps the project's folder to "/"
        Line.Add(":"u8);
        Line.Number((ulong)line);
        Line.Add(":"u8);
        Line.Add(method);
        Line.Add("()"u8);
        Line.PadTo(column, 40);
        Line.Add(": "u8);
    }

    private static int Phase(StepKind kind, bool rootMade)
    {
        switch (kind)
        {
            case StepKind.Share or StepKind.FuseServer or StepKind.Unshare or StepKind.JoinNamespace or StepKind.Fork:
                return 0;
            case StepKind.Session or StepKind.Directory or StepKind.File or StepKind.Symlink:
                return rootMade ? 4 : 1;
            case StepKind.Root:
                return 3;
            case StepKind.HostName or StepKind.Loopback or StepKind.Enter or StepKind.WorkingDirectory or StepKind.Umask:
                return 5;
            case StepKind.FuseProgram or StepKind.Privileges or StepKind.ConfineSignals or StepKind.Seccomp or StepKind.Exec:
                return 6;
            default:
                return rootMade ? 4 : 2;
        }
    }

    private struct Times
    {
        internal fixed ulong Spent[PhaseCount];
    }
}
