using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>System calls, all by one path. Each answers what the kernel answers, or the error number negated.</summary>
internal static unsafe partial class Sys
{
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("kerr_call")]
    internal static extern nint Call(int number, nint a, nint b, nint c, nint d, nint e = 0, nint f = 0);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("kerr_call3")]
    internal static extern nint Call(int number, nint a = 0, nint b = 0, nint c = 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int OpenAt(int at, void* path, int flags, int mode = 0) =>
        (int)Call(Nr.Openat, at, (nint)path, flags | O.CloseOnExec, mode);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            Call(Nr.Close, descriptor);
        }
    }

    internal static int Fcntl(int descriptor, int command, nint argument = 0) => (int)Call(Nr.Fcntl, descriptor, command, argument);

    internal static int Prctl(int option, nint a = 0, nint b = 0) => (int)Call(Nr.Prctl, option, a, b);

    internal static int Ioctl(int descriptor, int request, void* argument) => (int)Call(Nr.Ioctl, descriptor, request, (nint)argument);

    internal static int Mount(void* source, void* target, void* type, int flags, void* data) =>
        (int)Call(Nr.Mount, (nint)source, (nint)target, (nint)type, flags, (nint)data);

    /// <summary>Forks. Without a signal (0), and as long as the child executes nothing, the caller's way with SIGCHLD does not matter.</summary>
    internal static int Fork(int signal = 0) => (int)Call(Nr.Clone, signal);

    /// <summary>Waits for a child's end and answers its wait status.</summary>
    internal static int Wait(int child, int options = 0)
    {
        int status = 0;
        int result;
        do
        {
            result = (int)Call(Nr.Wait4, child, (nint)(&status), options | K.WaitAll);
        }
        while (result == -E.INTR);
        return result < 0 ? result : status;
    }

    internal static void Exit(int code)
    {
        while (true)
        {
            Call(Nr.ExitGroup, code);
        }
    }
}
