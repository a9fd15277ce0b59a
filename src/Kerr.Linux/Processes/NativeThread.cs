using System;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Processes;

/// <summary>Threads by pthread_create(3): the runtime's own wait, by spinning, until the new thread has begun to run.</summary>
public static unsafe partial class NativeThread
{
    private const int AttributesSize = 64; // pthread_attr_t is 56 bytes on x86-64, 64 on aarch64

    /// <summary>Starts a thread that ends with the process; false where a limit keeps it from being made.</summary>
    /// <param name="work">Must not throw.</param>
    /// <param name="stackSize">In bytes.</param>
    public static bool TryStart(Action work, int stackSize)
    {
        byte* attributes = stackalloc byte[AttributesSize];
        if (pthread_attr_init(attributes) != 0)
        {
            return false;
        }

        var handle = GCHandle.Alloc(work);
        nuint thread;
        bool started = pthread_attr_setstacksize(attributes, (nuint)stackSize) == 0
            && pthread_create(&thread, attributes, &Run, (void*)GCHandle.ToIntPtr(handle)) == 0
            && pthread_detach(thread) == 0;
        if (!started)
        {
            handle.Free();
        }

        _ = pthread_attr_destroy(attributes);
        return started;
    }

    [UnmanagedCallersOnly]
    private static void* Run(void* argument)
    {
        var handle = GCHandle.FromIntPtr((nint)argument);
        var work = (Action)handle.Target!;
        handle.Free();
        work();
        return null;
    }

    [LibraryImport("libc")]
    private static partial int pthread_attr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int pthread_attr_setstacksize(byte* attributes, nuint size);

    [LibraryImport("libc")]
    private static partial int pthread_attr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int pthread_create(nuint* thread, byte* attributes, delegate* unmanaged<void*, void*> start, void* argument);

    [LibraryImport("libc")]
    private static partial int pthread_detach(nuint thread);
}
