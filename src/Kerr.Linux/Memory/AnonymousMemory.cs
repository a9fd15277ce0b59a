using System.Runtime.InteropServices;

namespace Kerr.Linux.Memory;

/// <summary>Memory outside the collector's heap, all zeros; a page costs nothing before it is written.</summary>
public static unsafe partial class AnonymousMemory
{
    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000;

    /// <summary>Page-aligned memory that lives as long as the process.</summary>
    /// <exception cref="LinuxException">The limit on address space is reached.</exception>
    public static byte* Take(long size)
    {
        void* start = mmap(null, (nuint)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return (nint)start != -1 ? (byte*)start : throw LinuxException.Last("mmap", $"{size} bytes");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);
}
