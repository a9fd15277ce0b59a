using System;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>The flags of <c>open(2)</c>, with the numbers of x86-64.</summary>
[Flags]
public enum OpenFlags
{
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_CREAT = 0x40,
    O_EXCL = 0x80,
    O_NOCTTY = 0x100,
    O_TRUNC = 0x200,
    O_NONBLOCK = 0x800,
    O_DIRECTORY = 0x1_0000,
    O_NOFOLLOW = 0x2_0000,
    O_CLOEXEC = 0x8_0000,
    O_PATH = 0x20_0000,

    /// <summary>A file without a name, in the directory that is opened; __O_TMPFILE, to be given with O_DIRECTORY.</summary>
    O_TMPFILE = 0x40_0000,
}

/// <summary>What differs between architectures in the interface of the kernel that this folder uses.</summary>
internal static class Abi
{
    // The same on every architecture: calls added since Linux 5.1 are numbered alike.
    internal const long OpenAt2 = 437;

    internal static long GetDents64 => IsGeneric ? 61 : 217;

    internal static long RenameAt2 => IsGeneric ? 276 : 316;

    internal static long Futex => IsGeneric ? 98 : 202;

    private static bool IsGeneric => RuntimeInformation.ProcessArchitecture != Architecture.X64;

    internal static int Value(OpenFlags flags)
    {
        if (!IsGeneric)
        {
            return (int)flags;
        }

        // arm64 took over these two numbers from 32-bit arm (arch/arm64/include/uapi/asm/fcntl.h).
        int value = (int)(flags & ~(OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW));
        value |= (flags & OpenFlags.O_DIRECTORY) != 0 ? 0x4000 : 0;
        value |= (flags & OpenFlags.O_NOFOLLOW) != 0 ? 0x8000 : 0;
        return value;
    }
}
