using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Kerr.Linux.Files;

namespace Kerr.Linux.Processes;

/// <summary>This process: who it is at this moment, its descriptors, and what it becomes.</summary>
public static unsafe partial class CurrentProcess
{
    [LibraryImport("libc")]
    private static partial uint getuid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getgid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getgroups(int size, uint* list);

    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    [LibraryImport("libc")]
    private static partial int getpid();

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** argv, byte** envp);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chdir(byte* path);

    public static uint Uid => getuid();

    /// <summary>The effective user id; asked each time, since it may change.</summary>
    public static uint EffectiveUserId => geteuid();

    public static uint Gid => getgid();

    public static int Id => getpid();

    /// <summary>Leaves the working directory, so that its file system can be unmounted.</summary>
    public static void GoToRoot()
    {
        fixed (byte* root = "/\0"u8)
        {
            if (chdir(root) != 0)
            {
                throw LinuxException.Last("chdir", "/");
            }
        }
    }

    /// <summary>Lets no program that this process starts have its descriptors, but for standard ones and those that are handed over.</summary>
    public static void KeepDescriptors()
    {
        const int F_SETFD = 2, FD_CLOEXEC = 1;
        using var listing = FileCalls.Open("/proc/self/fd", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        foreach (string number in DirectoryCalls.List(listing))
        {
            int fd = int.Parse(number, CultureInfo.InvariantCulture);
            _ = fd > 2 ? fcntl(fd, F_SETFD, FD_CLOEXEC) : 0;
        }
    }

    public static uint[] Groups()
    {
        int count = getgroups(0, null);
        if (count <= 0)
        {
            return [];
        }

        uint[] groups = new uint[count];
        fixed (uint* list = groups)
        {
            count = getgroups(count, list);
        }

        return count == groups.Length ? groups : groups[..int.Max(count, 0)];
    }

    /// <summary>Ends at once, with all threads, whatever they do; nothing of the runtime runs any more.</summary>
    public static void Exit(int code) => _exit(code);

    public static bool IsTerminal(int fd) => isatty(fd) == 1;

    public static bool IsOpen(int fd)
    {
        const int F_GETFD = 1;
        return fcntl(fd, F_GETFD, 0) >= 0;
    }

    /// <summary>
    /// Another descriptor of the same file, kept by exec, with a number that means nothing: where the caller closed a standard
    /// descriptor the kernel hands out its number, and the payload must find it closed; those behind are <see cref="ChildProcess.HandedFd"/>'s.
    /// </summary>
    public static int CopyForExec(int fd)
    {
        const int F_DUPFD = 0;
        int copy = fcntl(fd, F_DUPFD, ChildProcess.HandedFd + 2);
        return copy < 0 ? throw LinuxException.Last("fcntl") : copy;
    }

    /// <summary>Closes a descriptor that <see cref="CopyForExec"/> made.</summary>
    public static void Close(int fd) => _ = close(fd);

    /// <summary>Sets the file mode creation mask of all threads.</summary>
    public static void SetUmask(uint mask) => _ = umask(mask);

    /// <summary>Becomes another program; returns only by throwing.</summary>
    public static LinuxException Exec(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        byte** argv = Vector(arguments);
        byte** envp = Vector(environment);
        fixed (byte* native = ByteText.ToNative(path))
        {
            _ = execve(native, argv, envp);
        }

        return LinuxException.Last("execve", path);
    }

    // Never freed: exec takes everything away, and after a failed exec the program ends.
    private static byte** Vector(IReadOnlyList<string> texts)
    {
        byte** vector = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
        {
            byte[] bytes = ByteText.ToNative(texts[i]);
            byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
            bytes.AsSpan().CopyTo(new Span<byte>(copy, bytes.Length));
            vector[i] = copy;
        }

        vector[texts.Count] = null;
        return vector;
    }
}
