using System.Runtime.InteropServices;

namespace Kerr.EndToEnd.Harness;

/// <summary>The calls that start a program with exact bytes and wait for it: Process knows neither signals nor bytes.</summary>
/// <remarks>The spawn setters fail for want of memory only, which the program would not survive either.</remarks>
internal static unsafe partial class LibC
{
    public const short SetProcessGroup = 0x02, SetSignalDefaults = 0x04, SetSignalMask = 0x08, SetSession = 0x80;
    public const int WaitNoHang = 1, WaitUntraced = 2, WaitContinued = 8;
    public const int OpenReadWrite = 2, OpenNoTerminal = 0x100, OpenCloseOnExec = 0x80000;

    [LibraryImport("libc")]
    internal static partial int posix_spawnp(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_adddup2(void* actions, int descriptor, int number);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_addopen(void* actions, int number, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_addclosefrom_np(void* actions, int first);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setpgroup(void* attributes, int group);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport("libc")]
    internal static partial void sigfillset(void* signals);

    [LibraryImport("libc")]
    internal static partial void sigemptyset(void* signals);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int grantpt(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlockpt(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ptsname_r(int descriptor, byte* name, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int descriptor, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lchown(string path, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint syscall(nint number, nint first, nint second, nint third);
}
