using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Processes;

/// <summary>A seccomp filter for programs that need little once they have started: everything else fails with EPERM.</summary>
/// <remarks>
/// What is left serves a thread that reads and writes open descriptors, and the runtime under it. Threads can be made, processes
/// not; memory can be mapped, but not to be executed.
/// </remarks>
public static unsafe partial class SystemCallFilter
{
    private const uint AUDIT_ARCH_X86_64 = 0xC000003E, AUDIT_ARCH_AARCH64 = 0xC00000B7;
    private const int ArchitectureAt = 4, NumberAt = 0, FirstArgumentAt = 16, ThirdArgumentAt = 32; // struct seccomp_data
    private const ushort Load = 0x20, JumpIfEqual = 0x15, JumpIfAnySet = 0x45, Return = 0x06;
    private const uint Allow = 0x7FFF0000, Kill = 0x80000000, Fail = 0x00050000;
    private const uint CLONE_THREAD = 0x10000, PROT_EXEC = 4;
    private const int PR_SET_NO_NEW_PRIVS = 38, SECCOMP_SET_MODE_FILTER = 1, SECCOMP_FILTER_FLAG_TSYNC = 1;

    // Numbers: x86-64, and the generic table of the other processors.
    private static readonly (int X64, int Generic)[] s_allowed =
    [
        (0, 63),        // read
        (1, 64),        // write
        (20, 66),       // writev
        (17, 67),       // pread64
        (7, 73),        // poll: ppoll in the generic table
        (3, 57),        // close
        (44, 206),      // sendto: the log
        (202, 98),      // futex
        (11, 215),      // munmap
        (28, 233),      // madvise
        (25, 216),      // mremap
        (12, 214),      // brk
        (60, 93),       // exit
        (231, 94),      // exit_group
        (15, 139),      // rt_sigreturn
        (14, 135),      // rt_sigprocmask
        (13, 134),      // rt_sigaction
        (131, 132),     // sigaltstack
        (24, 124),      // sched_yield
        (204, 123),     // sched_getaffinity
        (273, 99),      // set_robust_list
        (334, 293),     // rseq
        (186, 178),     // gettid
        (39, 172),      // getpid
        (234, 131),     // tgkill: the collector stops threads by a signal
        (324, 283),     // membarrier
        (228, 113),     // clock_gettime
        (230, 115),     // clock_nanosleep
        (35, 101),      // nanosleep
        (219, 128),     // restart_syscall
        (318, 278),     // getrandom
    ];

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Binds all threads of this process, and those that they make, for good.</summary>
    /// <exception cref="LinuxException">This kernel has no filters.</exception>
    public static void Install()
    {
        ReadOnlySpan<Instruction> program = CollectionsMarshal.AsSpan(Compile());
        fixed (Instruction* start = program)
        {
            var filter = new Program { Count = (ushort)program.Length, Instructions = start };
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            {
                throw LinuxException.Last("prctl", "PR_SET_NO_NEW_PRIVS");
            }

            if (syscall(IsX64 ? 317 : 277, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
            {
                throw LinuxException.Last("seccomp");
            }
        }
    }

    private static List<Instruction> Compile()
    {
        var program = new List<Instruction>
        {
            new(Load, 0, 0, ArchitectureAt),
            new(JumpIfEqual, 1, 0, IsX64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64),
            new(Return, 0, 0, Kill),
            new(Load, 0, 0, NumberAt),
        };
        foreach ((int x64, int generic) in s_allowed)
        {
            program.Add(new(JumpIfEqual, 0, 1, (uint)(IsX64 ? x64 : generic)));
            program.Add(new(Return, 0, 0, Allow));
        }

        // clone3, whose flags a filter cannot see: the C library falls back on clone.
        program.Add(new(JumpIfEqual, 0, 1, 435));
        program.Add(new(Return, 0, 0, Fail | (uint)Errno.ENOSYS));
        OnlyIf(program, IsX64 ? 56u : 220, FirstArgumentAt, CLONE_THREAD, wanted: true);
        OnlyIf(program, IsX64 ? 9u : 222, ThirdArgumentAt, PROT_EXEC, wanted: false);       // mmap
        OnlyIf(program, IsX64 ? 10u : 226, ThirdArgumentAt, PROT_EXEC, wanted: false);      // mprotect
        program.Add(new(Return, 0, 0, Fail | (uint)Errno.EPERM));
        return program;
    }

    // A call that is allowed when a bit of one argument is set, or is not.
    private static void OnlyIf(List<Instruction> program, uint number, uint argumentAt, uint bit, bool wanted)
    {
        program.Add(new(JumpIfEqual, 0, 4, number));
        program.Add(new(Load, 0, 0, argumentAt));
        program.Add(wanted ? new(JumpIfAnySet, 1, 0, bit) : new(JumpIfAnySet, 0, 1, bit));
        program.Add(new(Return, 0, 0, Fail | (uint)Errno.EPERM));
        program.Add(new(Return, 0, 0, Allow));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint operation, nint flags, Program* program);

    // struct sock_filter and sock_fprog.
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    private struct Program
    {
        internal ushort Count;
        internal Instruction* Instructions;
    }
}
