using System;
using System.Runtime.InteropServices;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux;

/// <summary>A file in memory that nobody can change any more once it is sealed.</summary>
public static unsafe partial class MemoryFile
{
    private const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
    private const int F_ADD_SEALS = 1033;
    private const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(byte* name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* data, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    /// <summary>An empty memfd.</summary>
    public static int Create(string name)
    {
        fixed (byte* native = ByteText.ToNative(name))
        {
            int fd = memfd_create(native, MFD_CLOEXEC | MFD_ALLOW_SEALING);
            return fd >= 0 ? fd : throw LinuxException.Last("memfd_create", name);
        }
    }

    /// <summary>A sealed memfd with this content; its descriptor is kept by exec.</summary>
    public static int CreateSealed(string name, ReadOnlySpan<byte> content)
    {
        using var file = new SafeFileHandle(Create(name), ownsHandle: true); // the copy for exec is what stays open
        int fd = (int)file.DangerousGetHandle();
        fixed (byte* data = content)
        {
            nuint done = 0;
            while (done < (nuint)content.Length)
            {
                nint wrote = write(fd, data + done, (nuint)content.Length - done);
                if (wrote <= 0)
                {
                    throw LinuxException.Last("write", name);
                }

                done += (nuint)wrote;
            }
        }

        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        {
            throw LinuxException.Last("fcntl", name);
        }

        return CurrentProcess.CopyForExec(fd);
    }
}
