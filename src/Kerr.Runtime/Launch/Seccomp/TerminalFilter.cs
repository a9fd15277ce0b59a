using System;
using System.Buffers.Binary;

namespace Kerr.Runtime.Launch.Seccomp;

/// <summary>
/// A filter under which nothing can be typed into a terminal from inside (TIOCSTI, TIOCLINUX): for payloads that have fewer rights than
/// who called us, and would else give the caller's shell commands (CVE-2017-5226).
/// </summary>
/// <remarks>Written by hand, so that such launches need no library: <c>struct sock_filter</c>, seccomp(2).</remarks>
internal static class TerminalFilter
{
    private const ushort Load = 0x20, JumpIfEqual = 0x15, Return = 0x06;    // BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
    private const uint Number = 0, Architecture = 4, SecondArgument = 24;   // in struct seccomp_data
    private const uint X64 = 0xC000003E, I386 = 0x40000003, Arm64 = 0xC00000B7;
    private const uint TypeCharacter = 0x5412, Console = 0x541C;            // TIOCSTI, TIOCLINUX
    private const uint Allow = 0x7FFF0000, NotPermitted = 0x00050001;       // SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM

    /// <summary>The filter program.</summary>
    public static byte[] Program()
    {
        // The kernel looks at the lower half of the request only (CVE-2019-10063), and so does this.
        (ushort Code, byte Yes, byte No, uint Value)[] program =
        [
            (Load, 0, 0, Architecture),
            (JumpIfEqual, 0, 3, X64),
            (Load, 0, 0, Number),
            (JumpIfEqual, 7, 0, 16),
            (JumpIfEqual, 6, 9, 0x40000202),        // x32
            (JumpIfEqual, 0, 2, I386),
            (Load, 0, 0, Number),
            (JumpIfEqual, 3, 6, 54),
            (JumpIfEqual, 0, 5, Arm64),
            (Load, 0, 0, Number),
            (JumpIfEqual, 0, 3, 29),
            (Load, 0, 0, SecondArgument),
            (JumpIfEqual, 2, 0, TypeCharacter),
            (JumpIfEqual, 1, 0, Console),
            (Return, 0, 0, Allow),
            (Return, 0, 0, NotPermitted),
        ];

        byte[] bytes = new byte[program.Length * 8];
        for (int i = 0; i < program.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 8), program[i].Code);
            bytes[(i * 8) + 2] = program[i].Yes;
            bytes[(i * 8) + 3] = program[i].No;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((i * 8) + 4), program[i].Value);
        }

        return bytes;
    }
}
