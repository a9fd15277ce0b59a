using System;
using Kerr.Linux;

namespace Kerr.Runtime.Launch.Seccomp;

/// <summary>
/// A filter under which changes of ownership succeed without effect: for a user namespace that has one id only, where the
/// kernel knows no other owner to give a file to. Package managers go on, and everything in the image is root's.
/// </summary>
/// <remarks>No library is put into the guest, so that any libc, or none, will do.</remarks>
internal static class OwnershipFilter
{
    private const uint Allow = 0x7fff0000, Succeed = 0x00050000;       // SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with errno 0
    private const int MaskedEqual = 7;
    private const ulong FileType = 0xF000, CharacterDevice = 0x2000, BlockDevice = 0x6000;

    private static readonly string[] s_calls =
    [
        "chown", "chown32", "fchown", "fchown32", "fchownat", "lchown", "lchown32",
        "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32", "setresuid", "setresuid32",
        "setresgid", "setresgid32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32", "capset",
        "setxattr", "lsetxattr", "fsetxattr",
    ];

    /// <exception cref="UserException">The library that compiles it is missing.</exception>
    internal static byte[] Compile()
    {
        try
        {
            using var filter = new SeccompFilter(Allow);
            if (SeccompFilter.IsNative("SCMP_ARCH_X86_64"))
            {
                filter.AddArchitecture("SCMP_ARCH_X86");
                filter.AddArchitecture("SCMP_ARCH_X32");
            }

            foreach (string call in s_calls)
            {
                filter.Add(Succeed, call, []);
            }

            foreach (ulong type in (ReadOnlySpan<ulong>)[CharacterDevice, BlockDevice])
            {
                filter.Add(Succeed, "mknod", [new SeccompFilter.Comparison(1, MaskedEqual, FileType, type)]);
                filter.Add(Succeed, "mknodat", [new SeccompFilter.Comparison(2, MaskedEqual, FileType, type)]);
            }

            return filter.Export();
        }
        catch (DllNotFoundException error)
        {
            throw new UserException(
                "building without subordinate ids needs the library libseccomp, which is not installed",
                "install the package libseccomp2, or have the administrator add a range of ids: kerr config fakeroot --add USER", error);
        }
    }
}
