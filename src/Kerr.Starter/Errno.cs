using System;

namespace Kerr.Starter;

/// <summary>What an error number means, in the words of strerror, with its name.</summary>
internal static unsafe class Errno
{
    // Each is its number, its words, NUL. Branches of a switch would take a kilobyte of code.
    private static ReadOnlySpan<byte> Table =>
        "\u0001Operation not permitted (EPERM)\0"u8 +
        "\u0002No such file or directory (ENOENT)\0"u8 +
        "\u0003No such process (ESRCH)\0"u8 +
        "\u0004Interrupted system call (EINTR)\0"u8 +
        "\u0005Input/output error (EIO)\0"u8 +
        "\u0006No such device or address (ENXIO)\0"u8 +
        "\u0007Argument list too long (E2BIG)\0"u8 +
        "\u0008Exec format error (ENOEXEC)\0"u8 +
        "\u0009Bad file descriptor (EBADF)\0"u8 +
        "\u000ANo child processes (ECHILD)\0"u8 +
        "\u000BResource temporarily unavailable (EAGAIN)\0"u8 +
        "\u000CCannot allocate memory (ENOMEM)\0"u8 +
        "\u000DPermission denied (EACCES)\0"u8 +
        "\u000EBad address (EFAULT)\0"u8 +
        "\u000FBlock device required (ENOTBLK)\0"u8 +
        "\u0010Device or resource busy (EBUSY)\0"u8 +
        "\u0011File exists (EEXIST)\0"u8 +
        "\u0012Invalid cross-device link (EXDEV)\0"u8 +
        "\u0013No such device (ENODEV)\0"u8 +
        "\u0014Not a directory (ENOTDIR)\0"u8 +
        "\u0015Is a directory (EISDIR)\0"u8 +
        "\u0016Invalid argument (EINVAL)\0"u8 +
        "\u0017Too many open files in system (ENFILE)\0"u8 +
        "\u0018Too many open files (EMFILE)\0"u8 +
        "\u0019Inappropriate ioctl for device (ENOTTY)\0"u8 +
        "\u001AText file busy (ETXTBSY)\0"u8 +
        "\u001BFile too large (EFBIG)\0"u8 +
        "\u001CNo space left on device (ENOSPC)\0"u8 +
        "\u001ERead-only file system (EROFS)\0"u8 +
        "\u001FToo many links (EMLINK)\0"u8 +
        "\u0020Broken pipe (EPIPE)\0"u8 +
        "\u0022Numerical result out of range (ERANGE)\0"u8 +
        "\u0024File name too long (ENAMETOOLONG)\0"u8 +
        "\u0026Function not implemented (ENOSYS)\0"u8 +
        "\u0028Too many levels of symbolic links (ELOOP)\0"u8 +
        "\u003DNo data available (ENODATA)\0"u8 +
        "\u0047Protocol error (EPROTO)\0"u8 +
        "\u004BValue too large for defined data type (EOVERFLOW)\0"u8 +
        "\u004FCan not access a needed shared library (ELIBACC)\0"u8 +
        "\u0050Accessing a corrupted shared library (ELIBBAD)\0"u8 +
        "\u0057Too many users (EUSERS)\0"u8 +
        "\u005FOperation not supported (EOPNOTSUPP)\0"u8 +
        "\u0067Software caused connection abort (ECONNABORTED)\0"u8 +
        "\u0068Connection reset by peer (ECONNRESET)\0"u8 +
        "\u006BTransport endpoint is not connected (ENOTCONN)\0"u8 +
        "\u006EConnection timed out (ETIMEDOUT)\0"u8 +
        "\u006FConnection refused (ECONNREFUSED)\0"u8 +
        "\u0070Host is down (EHOSTDOWN)\0"u8 +
        "\u0071No route to host (EHOSTUNREACH)\0"u8 +
        "\u0074Stale file handle (ESTALE)\0"u8 +
        "\u0075Structure needs cleaning (EUCLEAN)\0"u8 +
        "\u0079Remote I/O error (EREMOTEIO)\0"u8 +
        "\u007ADisk quota exceeded (EDQUOT)\0"u8 +
        "\u007ERequired key not available (ENOKEY)\0"u8;

    /// <summary>Null for a number that is not in the table.</summary>
    internal static byte* Describe(int error)
    {
        for (byte* entry = (byte*)Table.Start; *entry != 0; entry += Text.Length(entry) + 1)
        {
            if (*entry == error)
            {
                return entry + 1;
            }
        }

        return null;
    }
}
