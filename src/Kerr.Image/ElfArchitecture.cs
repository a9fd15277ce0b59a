using System;
using System.Buffers.Binary;

namespace Kerr.Image;

/// <summary>The processor that an ELF file is for, by Go's name.</summary>
public static class ElfArchitecture
{
    /// <summary>How much of the file must be read.</summary>
    public const int HeaderSize = 20;

    private const int ClassAt = 4;
    private const int OrderAt = 5;
    private const int MachineAt = 18;

    /// <summary>From the first bytes of a file; null if it is no ELF file, or for a processor that has no name here.</summary>
    public static string? Of(ReadOnlySpan<byte> start)
    {
        if (start.Length < HeaderSize || !start.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        bool is64 = start[ClassAt] == 2;
        bool isLittle = start[OrderAt] == 1;
        int machine = isLittle
            ? BinaryPrimitives.ReadUInt16LittleEndian(start[MachineAt..])
            : BinaryPrimitives.ReadUInt16BigEndian(start[MachineAt..]);
        return (machine, is64, isLittle) switch
        {
            (3, false, true) => "386",
            (62, true, true) => "amd64",
            (40, false, true) => "arm",
            (183, true, true) => "arm64",
            (21, true, false) => "ppc64",
            (21, true, true) => "ppc64le",
            (8, false, false) => "mips",
            (8, false, true) => "mipsle",
            (8, true, false) => "mips64",
            (8, true, true) => "mips64le",
            (22, true, false) => "s390x",
            (243, true, true) => "riscv64",
            (258, true, true) => "loong64",
            _ => null,
        };
    }

    /// <summary>The processor that an image's programs are for, by a look at those that nearly every image has.</summary>
    public static string? Of(IImageTree tree)
    {
        ReadOnlySpan<string> usual =
        [
            "/bin/sh", "/bin/bash", "/bin/busybox", "/usr/bin/env", "/bin/ls", "/usr/bin/sh", "/bin/cat", "/sbin/ldconfig",
            "/usr/lib64/libc.so.6", "/lib64/libc.so.6",
        ];
        foreach (string path in usual)
        {
            if (tree.ReadStart(path, HeaderSize) is { } start && Of(start) is { } architecture)
            {
                return architecture;
            }
        }

        // A distroless image has one program or a few, somewhere on the usual path.
        foreach (string directory in (ReadOnlySpan<string>)["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/"])
        {
            foreach (string name in tree.List(directory) ?? [])
            {
                if (tree.ReadStart($"{directory}/{name}", HeaderSize) is { } start && Of(start) is { } architecture)
                {
                    return architecture;
                }
            }
        }

        return null;
    }
}
