using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>The calls by which whole directory trees are copied and removed.</summary>
internal static unsafe partial class TreeLibC
{
    internal const int AT_REMOVEDIR = 0x200;
    internal const int UTIME_OMIT = 0x3FFFFFFE;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(int dirfd, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int symlinkat(byte* target, int dirfd, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mknodat(int dirfd, byte* path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmodat(int dirfd, byte* path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchownat(int dirfd, byte* path, uint owner, uint group, int flags);

    /// <param name="times">Access and modification: seconds and nanoseconds each.</param>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int utimensat(int dirfd, byte* path, long* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint flistxattr(int fd, byte* list, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint fgetxattr(int fd, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int fd, int operation);
}
