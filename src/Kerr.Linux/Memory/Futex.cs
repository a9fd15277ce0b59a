using System.Runtime.InteropServices;
using Kerr.Linux.Files;

namespace Kerr.Linux.Memory;

/// <summary>Waiting for a word in memory to change, futex(2): without an object, between threads of this process.</summary>
public static unsafe partial class Futex
{
    private const int FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129;

    /// <summary>Sleeps while the word has that value. May come back early: look again.</summary>
    public static void Wait(int* word, int value) => _ = syscall((nint)Abi.Futex, (nint)word, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);

    /// <summary>The same, and not longer than so many milliseconds.</summary>
    public static void Wait(int* word, int value, int milliseconds)
    {
        long* time = stackalloc long[2];
        time[0] = milliseconds / 1000;
        time[1] = milliseconds % 1000 * 1_000_000L;
        _ = syscall((nint)Abi.Futex, (nint)word, FUTEX_WAIT_PRIVATE, value, (nint)time, 0, 0);
    }

    /// <summary>Wakes that many of those who wait for the word.</summary>
    public static void Wake(int* word, int count) => _ = syscall((nint)Abi.Futex, (nint)word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint word, nint operation, nint value, nint timeout, nint word2, nint value3);
}
