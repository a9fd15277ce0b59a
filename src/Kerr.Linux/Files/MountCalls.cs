using System;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Files;

/// <summary>Mounts in the mount namespace of this process; for the programs that the starter put into one of their own.</summary>
public static unsafe partial class MountCalls
{
    /// <summary>Flags of <c>mount(2)</c>.</summary>
    [Flags]
    public enum Flags : ulong
    {
        None = 0,
        MS_RDONLY = 1,
        MS_NOSUID = 2,
        MS_NODEV = 4,
        MS_BIND = 0x1000,
        MS_REC = 0x4000,
        MS_PRIVATE = 0x40000,
        MS_SLAVE = 0x80000,
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int umount2(byte* target, int flags);

    /// <summary>Mounts, or changes the propagation of what is mounted.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Mount(string source, string target, string type, Flags flags, string data = "")
    {
        fixed (byte* from = ByteText.ToNative(source), to = ByteText.ToNative(target), kind = ByteText.ToNative(type), options = ByteText.ToNative(data))
        {
            if (mount(from, to, kind, (nuint)flags, options) != 0)
            {
                throw LinuxException.Last("mount", $"{source} on {target}");
            }
        }
    }

    /// <summary>Takes the topmost mount away, at once for this process even where files in it are still open.</summary>
    /// <returns>False when nothing is mounted there.</returns>
    public static bool Detach(string target)
    {
        const int MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8;
        fixed (byte* path = ByteText.ToNative(target))
        {
            return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
        }
    }
}
