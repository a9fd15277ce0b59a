using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Processes;

/// <summary>How a program that was run ended, and what it said on standard output and error, Latin-1.</summary>
/// <param name="Signal">The signal that killed it, 0 if it ended by itself.</param>
public readonly record struct ChildResult(int ExitCode, int Signal, string Output)
{
    public bool Succeeded => ExitCode == 0 && Signal == 0;
}

/// <summary>Runs another program without a shell and waits for its end.</summary>
public static unsafe partial class ChildProcess
{
    /// <summary>The number under which the program finds the file that it is handed.</summary>
    public const int HandedFd = 3;

    internal const int OutputLimit = 64 * 1024;
    internal const int SIGKILL = 9;

    /// <summary>Stands for an output that is ours, and an input too.</summary>
    private const int Attached = -1;

    // Opaque structures of <spawn.h>: 80 and 336 bytes in glibc, less in musl.
    private const int SpawnStructureSize = 512;

    /// <summary>
    /// Runs a program with /dev/null as standard input. It starts with default signal dispositions and nothing blocked,
    /// whatever this process does with signals.
    /// </summary>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="handed">A file that the program gets as <see cref="HandedFd"/>.</param>
    /// <param name="cancel">Kills the program; the result then tells the signal.</param>
    public static ChildResult Run(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle? handed = null,
        CancellationToken cancel = default)
    {
        HearOfChildren();
        using var output = new SafeFileHandle(MemoryFile.Create("output"), ownsHandle: true);
        int pid = Spawn(path, [path, .. arguments], environment, handed, FileCalls.Number(output));
        int exitCode = Wait(pid, path, cancel, out int signal);
        var text = new byte[Math.Min(FileCalls.Status(output).Size, OutputLimit)];
        _ = FileCalls.Read(output, 0, text);
        return new ChildResult(exitCode, signal, Encoding.Latin1.GetString(text));
    }

    private static int Wait(int pid, string path, CancellationToken cancel, out int signal)
    {
        using (cancel.Register(() => _ = kill(pid, SIGKILL)))
        {
            var status = WaitStatus.Await(pid, path);
            signal = status.Signal;
            return status.ExitCode;
        }
    }

    /// <summary>
    /// Runs a program that has our standard input, output and error, and the descriptors that exec keeps, as a shell's
    /// command in the foreground has.
    /// </summary>
    /// <param name="arguments">With the program's own name.</param>
    /// <param name="cancel">Kills the program; the result then tells the signal.</param>
    public static ChildResult RunAttached(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, CancellationToken cancel = default)
    {
        HearOfChildren();
        int pid = Spawn(path, arguments, environment, null, Attached);
        return new ChildResult(0, 0, "") with { ExitCode = Wait(pid, path, cancel, out int signal), Signal = signal };
    }

    /// <summary>Starts a program with /dev/null for standard input and output that goes on by itself; it gets a file as <see cref="HandedFd"/>.</summary>
    /// <returns>Its number: it ends with what it serves, and must be waited for.</returns>
    public static int Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle handed, SafeFileHandle output)
    {
        HearOfChildren();
        return Spawn(path, [path, .. arguments], environment, handed, FileCalls.Number(output));
    }

    /// <summary>Waits for the end of a program that was started, and kills it first if told so.</summary>
    public static void End(int pid, bool kill)
    {
        if (kill)
        {
            _ = ChildProcess.kill(pid, SIGKILL);
        }

        _ = WaitStatus.TryAwait(pid, out _);
    }

    /// <summary>
    /// Starts a program in a session of its own and does not wait for it. Of this process it has what it is handed, and nothing
    /// else: standard input, output and error are /dev/null.
    /// </summary>
    public static void Detach(string path, IReadOnlyList<string> arguments, SafeFileHandle? handed)
    {
        CurrentProcess.KeepDescriptors();
        using SafeFileHandle nothing = FileCalls.Open("/dev/null", OpenFlags.O_RDWR);
        _ = Spawn(path, [path, .. arguments], [], handed, FileCalls.Number(nothing), newSession: true);
    }

    /// <summary>The program of this name in the directories of a PATH, or the name itself if it is a path; null if there is none.</summary>
    public static string? Find(string name, string? searchPath)
    {
        const int X_OK = 1;
        if (name.Contains('/'))
        {
            return FileSystem.IsAccessible(name, X_OK) ? name : null;
        }

        // Tools that make file systems are often in directories that are on root's PATH only.
        foreach (string directory in $"{searchPath}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin".Split(':'))
        {
            string path = $"{directory}/{name}";
            if (directory.StartsWith('/') && FileSystem.TryStat(path) is { Kind: FileKind.Regular } && FileSystem.IsAccessible(path, X_OK))
            {
                return path;
            }
        }

        return null;
    }

    // Who started us may ignore SIGCHLD; a process that does never learns how its children ended.
    internal static void HearOfChildren()
    {
        const int SIGCHLD = 17;
        const nint SIG_DFL = 0;
        const nint SIG_IGN = 1;
        nint before = signal(SIGCHLD, SIG_DFL);
        if (before is not (SIG_DFL or SIG_IGN))
        {
            _ = signal(SIGCHLD, before);
        }
    }

    internal static int Spawn(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle? handed, int output,
        bool newSession = false, int? input = null)
    {
        const short POSIX_SPAWN_SETSIGDEF = 4;
        const short POSIX_SPAWN_SETSIGMASK = 8;
        const short POSIX_SPAWN_SETSID = 0x80;  // glibc 2.26
        byte* actions = stackalloc byte[SpawnStructureSize];
        byte* attributes = stackalloc byte[SpawnStructureSize];
        ulong* allSignals = stackalloc ulong[16];
        ulong* noSignals = stackalloc ulong[16];
        new Span<ulong>(allSignals, 16).Fill(ulong.MaxValue);
        new Span<ulong>(noSignals, 16).Clear();

        Check(posix_spawn_file_actions_init(actions), path);
        Check(posix_spawnattr_init(attributes), path);
        try
        {
            if (output != Attached)
            {
                fixed (byte* null_ = "/dev/null\0"u8)
                {
                    Check(posix_spawn_file_actions_addopen(actions, 0, null_, (int)OpenFlags.O_RDONLY, 0), path);
                }

                if (input is { } source)
                {
                    Check(posix_spawn_file_actions_adddup2(actions, source, 0), path);
                }

                Check(posix_spawn_file_actions_adddup2(actions, output, 1), path);
                Check(posix_spawn_file_actions_adddup2(actions, output, 2), path);
            }

            if (handed is not null)
            {
                // Before glibc 2.29 a descriptor that has the wanted number already stays close-on-exec.
                Check(posix_spawn_file_actions_adddup2(actions, FileCalls.Number(handed), HandedFd + 1), path);
                Check(posix_spawn_file_actions_adddup2(actions, HandedFd + 1, HandedFd), path);
                Check(posix_spawn_file_actions_addclose(actions, HandedFd + 1), path);
            }

            Check(posix_spawnattr_setsigdefault(attributes, allSignals), path);
            Check(posix_spawnattr_setsigmask(attributes, noSignals), path);
            Check(posix_spawnattr_setflags(attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (newSession ? POSIX_SPAWN_SETSID : 0))), path);
            int pid;
            fixed (byte* program = ByteText.ToNative(path))
            {
                using var argv = new NativeStrings(arguments);
                using var envp = new NativeStrings(environment);
                Check(posix_spawn(&pid, program, actions, attributes, argv.Pointer, envp.Pointer), path);
            }

            return pid;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    // These functions return the error number.
    private static void Check(int errno, string path)
    {
        if (errno != 0)
        {
            throw new LinuxException("posix_spawn", path, (Errno)errno);
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclose(byte* actions, int fd);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, ulong* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, ulong* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    internal static partial int kill(int pid, int signal);
}
