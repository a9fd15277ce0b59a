using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The record of a launch's end: the planner's words, and how it ended. Nothing waits for whoever keeps records.</summary>
internal static unsafe class Ending
{
    private const int NumbersSize = 160;

    // struct rusage: user time, system time (seconds, microseconds each), peak of memory in KiB; 18 words in all, 144 bytes.
    private static Usage s_usage;

    /// <summary>Where wait4 leaves the usage of the process whose end it tells.</summary>
    internal static nint UsageOfEnded
    {
        get
        {
            fixed (Usage* usage = &s_usage)
            {
                return (nint)usage; // a static field does not move
            }
        }
    }

    /// <summary>Says that the launch has ended with a wait status, or −1: that it could not be started.</summary>
    internal static void Tell(int status)
    {
        byte* words = Plan.String(Plan.Start, Header.Ending);
        if (words != null)
        {
            byte* record = Arena.Take(Text.Length(words) + NumbersSize);
            byte* end = Text.Number(Text.Copy(record, words), (uint)status);
            for (int i = 0; i < 5; i++)
            {
                *end++ = (byte)',';
                end = Text.Number(end, (ulong)s_usage.Words[i]);
            }

            end = Text.Copy(end, "]}\n"u8.Start, 3);
            Sys.Call(Nr.Write, Sink, (nint)record, (nint)(end - record)); // a socket that does not block: who does not take it, misses it
        }
    }

    /// <summary>The socket that it is sent to; −1 for none.</summary>
    internal static int Sink => (int)Plan.U32(Plan.Start, Header.Sink) - (Plan.U32(Plan.Start, Header.Sink) == 0 ? 1 : 0);

    private struct Usage
    {
        internal fixed long Words[18];
    }
}
