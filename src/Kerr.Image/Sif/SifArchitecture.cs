using System;
using System.Runtime.InteropServices;

namespace Kerr.Image.Sif;

/// <summary>Processor architectures: their two-digit codes in SIF files, and the names that Go gave them.</summary>
public static class SifArchitecture
{
    /// <summary>The name for a code as it stands in the file (<c>02\0</c>), null for 00 and what is not known.</summary>
    public static string? Name(ReadOnlySpan<byte> code)
    {
        if (code.Length < 3 || code[2] != 0 || !char.IsAsciiDigit((char)code[0]) || !char.IsAsciiDigit((char)code[1]))
        {
            return null;
        }

        return ((code[0] - '0') * 10 + code[1] - '0') switch
        {
            1 => "386",
            2 => "amd64",
            3 => "arm",
            4 => "arm64",
            5 => "ppc64",
            6 => "ppc64le",
            7 => "mips",
            8 => "mipsle",
            9 => "mips64",
            10 => "mips64le",
            11 => "s390x",
            12 => "riscv64",
            13 => "loong64",
            _ => null,
        };
    }

    /// <summary>The code for a name, <c>00\0</c> (unknown) for null and for names that have none.</summary>
    public static ReadOnlySpan<byte> Code(string? name) => name switch
    {
        "386" => "01\0"u8,
        "amd64" => "02\0"u8,
        "arm" => "03\0"u8,
        "arm64" => "04\0"u8,
        "ppc64" => "05\0"u8,
        "ppc64le" => "06\0"u8,
        "mips" => "07\0"u8,
        "mipsle" => "08\0"u8,
        "mips64" => "09\0"u8,
        "mips64le" => "10\0"u8,
        "s390x" => "11\0"u8,
        "riscv64" => "12\0"u8,
        "loong64" => "13\0"u8,
        _ => "00\0"u8,
    };

    /// <summary>The name of the architecture that this program runs on.</summary>
    public static string Host => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        Architecture.Ppc64le => "ppc64le",
        Architecture.S390x => "s390x",
        Architecture.RiscV64 => "riscv64",
        Architecture.LoongArch64 => "loong64",
        _ => "unknown",
    };
}
