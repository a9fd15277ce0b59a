using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Launch.Seccomp;

/// <summary>A filter while libseccomp builds it.</summary>
internal sealed unsafe partial class SeccompFilter : IDisposable
{
    private const string Library = "libseccomp.so.2";
    private const int NoSuchSystemCall = -1;        // __NR_SCMP_ERROR

    private readonly nint context;

    public SeccompFilter(uint defaultAction)
    {
        context = seccomp_init(defaultAction);
        if (context == 0)
        {
            throw new FormatException("default action");
        }
    }

    /// <summary>One condition on an argument: struct scmp_arg_cmp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct Comparison(uint Argument, int Operator, ulong Value, ulong Second);

    [LibraryImport(Library)]
    private static partial nint seccomp_init(uint action);

    [LibraryImport(Library)]
    private static partial void seccomp_release(nint context);

    [LibraryImport(Library)]
    private static partial int seccomp_arch_add(nint context, uint architecture);

    [LibraryImport(Library)]
    private static partial uint seccomp_arch_native();

    [LibraryImport(Library)]
    private static partial uint seccomp_arch_resolve_name(byte* name);

    [LibraryImport(Library)]
    private static partial int seccomp_syscall_resolve_name(byte* name);

    [LibraryImport(Library)]
    private static partial int seccomp_rule_add_array(nint context, uint action, int call, uint count, Comparison* comparisons);

    [LibraryImport(Library)]
    private static partial int seccomp_export_bpf(nint context, int fd);

    public static bool IsNative(string name) => Resolve(name) == seccomp_arch_native();

    /// <summary>Adds an architecture by its OCI name, <c>SCMP_ARCH_X86</c>; unknown ones are left out, as they cannot run here.</summary>
    public void AddArchitecture(string name)
    {
        uint architecture = Resolve(name);
        if (architecture != 0)
        {
            _ = seccomp_arch_add(context, architecture);
        }
    }

    /// <summary>Adds a rule; a system call that this kernel's libseccomp does not know is left out.</summary>
    public void Add(uint action, string call, List<Comparison> comparisons)
    {
        int number;
        fixed (byte* name = ByteText.ToNative(call))
        {
            number = seccomp_syscall_resolve_name(name);
        }

        if (number == NoSuchSystemCall)
        {
            return;
        }

        fixed (Comparison* first = CollectionsMarshal.AsSpan(comparisons))
        {
            int error = seccomp_rule_add_array(context, action, number, (uint)comparisons.Count, first);
            if (error != 0)
            {
                throw new FormatException($"rule for {call}: {((Errno)(-error)).Text()}");
            }
        }
    }

    public byte[] Export()
    {
        int fd = MemoryFile.Create("kerr-seccomp");
        if (seccomp_export_bpf(context, fd) != 0)
        {
            throw new FormatException("filter");
        }

        return SmallFile.TryRead($"/proc/self/fd/{fd}", 1 << 20) ?? throw new FormatException("filter");
    }

    public void Dispose() => seccomp_release(context);

    private static uint Resolve(string name)
    {
        const string prefix = "SCMP_ARCH_";
        string plain = (name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name).ToLowerInvariant();
        fixed (byte* native = ByteText.ToNative(plain))
        {
            return seccomp_arch_resolve_name(native);
        }
    }
}
