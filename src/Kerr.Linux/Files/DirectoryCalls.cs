using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Linux.Files;

/// <summary>Resolving names below a directory that they may not leave, and listing a directory.</summary>
public static unsafe class DirectoryCalls
{
    /// <summary>
    /// Opens <paramref name="path"/> as if <paramref name="root"/> were <c>/</c>: symbolic links, absolute ones too,
    /// and <c>..</c> stay below it. ENOSYS before Linux 5.6.
    /// </summary>
    public static bool TryOpenInRoot(
        SafeFileHandle root, string path, OpenFlags flags, out SafeFileHandle handle, out Errno errno)
    {
        const ulong RESOLVE_NO_MAGICLINKS = 2;
        const ulong RESOLVE_IN_ROOT = 0x10;
        ulong* how = stackalloc ulong[3];   // struct open_how: flags, mode, resolve
        how[0] = (uint)Abi.Value(flags | OpenFlags.O_CLOEXEC);
        how[1] = 0;
        how[2] = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

        nint fd;
        fixed (byte* name = PathBytes.Of(path, stackalloc byte[PathBytes.StackSize]))
        {
            // EAGAIN: something was renamed while ".." was resolved; openat2(2) asks to try again, a racer could keep
            // us here for ever, so not without end.
            int tries = 32;
            do
            {
                fd = LibC.syscall((nint)Abi.OpenAt2, FileCalls.Number(root), (nint)name, (nint)how, 3 * sizeof(ulong));
            }
            while (fd < 0 && FileCalls.LastErrno() is Errno.EINTR or Errno.EAGAIN && --tries > 0);
        }

        errno = fd >= 0 ? Errno.None : FileCalls.LastErrno();
        handle = new SafeFileHandle(fd, ownsHandle: true);
        return fd >= 0;
    }

    /// <summary>The names in an open directory, without <c>.</c> and <c>..</c>, in the file system's order.</summary>
    public static List<string> List(SafeFileHandle directory)
    {
        const int LengthAt = 16;   // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name
        const int NameAt = 19;
        var names = new List<string>();
        var buffer = new byte[32 * 1024];
        while (true)
        {
            nint count;
            fixed (byte* start = buffer)
            {
                count = LibC.syscall((nint)Abi.GetDents64, FileCalls.Number(directory), (nint)start, buffer.Length, 0);
            }

            if (count < 0)
            {
                throw LinuxException.Last("getdents64");
            }

            if (count == 0)
            {
                return names;
            }

            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)count); !rest.IsEmpty;)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(rest[LengthAt..]);
                ReadOnlySpan<byte> name = rest[NameAt..length];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(Encoding.Latin1.GetString(name));
                }

                rest = rest[length..];
            }
        }
    }
}
