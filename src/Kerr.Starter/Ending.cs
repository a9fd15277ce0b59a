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

            // Who does not take it within a moment misses it. The kernel leaves in the timespec what is left of that.
            long* poll = stackalloc long[3];
            poll[0] = (uint)Sink | (4L << 32); // struct pollfd: fd@0, events@4 (POLLOUT), revents@6; then a timespec
            poll[1] = 0;
            poll[2] = 40_000_000;
            while (Sys.Call(Nr.Write, Sink, (nint)record, (nint)(end - record)) == -E.AGAIN && poll[2] > 0)
            {
                Sys.Call(Nr.Ppoll, (nint)poll, 1, (nint)(poll + 1));
            }
        }
    }

    /// <summary>The socket that it is sent to; −1 for none.</summary>
    internal static int Sink => (int)Plan.U32(Plan.Start, Header.Sink) - (Plan.U32(Plan.Start, Header.Sink) == 0 ? 1 : 0);

    private struct Usage
    {
        internal fixed long Words[18];
    }
}
