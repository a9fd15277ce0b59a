using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>System calls that only the starter makes.</summary>
internal static unsafe partial class Sys
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int MakeDirectory(int at, void* name, int mode) => (int)Call(Nr.Mkdirat, at, (nint)name, mode);

    /// <summary>Nanoseconds of CLOCK_MONOTONIC.</summary>
    internal static ulong Now()
    {
        long* time = stackalloc long[2];
        Call(Nr.ClockGettime, 1, (nint)time);
        return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
    }

    /// <summary>Rests for some nanoseconds, less than a second, or until a signal.</summary>
    internal static void Sleep(long nanoseconds)
    {
        long* time = stackalloc long[2];
        time[0] = 0;
        time[1] = nanoseconds;
        Call(Nr.Ppoll, 0, 0, (nint)time);
    }

    /// <summary>Writes all of it, or answers the error.</summary>
    internal static int WriteAll(int descriptor, byte* bytes, nint length)
    {
        while (length > 0)
        {
            nint written = Call(Nr.Write, descriptor, (nint)bytes, length);
            if (written < 0 && written != -E.INTR)
            {
                return (int)written;
            }

            if (written > 0)
            {
                bytes += written;
                length -= written;
            }
        }

        return 0;
    }
}
