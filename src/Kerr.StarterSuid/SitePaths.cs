using System;

namespace Kerr.Starter;

/// <summary>
/// Paths that an administrator wrote, as the directories and files to which they lead: each as the kernel writes it, with its NUL. Links are followed once, before a user
/// can put something in their way.
/// </summary>
internal unsafe struct SitePaths
{
    private const int Size = 2 * Configuration.PathsSize;

    // Without a value at the start: they would be bytes of the program file.
    private static SitePaths s_limits;
    private static SitePaths s_binds;

    private int _length;
    private fixed byte _paths[Size];

    /// <summary>`limit container paths`.</summary>
    internal static ref SitePaths Limits => ref s_limits;

    /// <summary>What may be bound with `user bind control = no`: what is shown unasked.</summary>
    internal static ref SitePaths Binds => ref s_binds;

    /// <summary>Follows the links, as the user; while nothing of the user's is mounted.</summary>
    internal static void Follow()
    {
        ref Configuration read = ref Configuration.Read;
        ReadOnlySpan<byte> always = "/proc\0/sys\0/dev\0/tmp\0/var/tmp\0/etc/resolv.conf\0/run/systemd/resolve\0"u8;
        fixed (byte* limits = read.Limits, binds = read.Binds)
        {
            s_limits.Add(limits, read.LimitLength);
            if (!Configuration.Has(Switch.UserBind) && !Configuration.Has(Switch.HostFileSystems))
            {
                s_binds.Add((byte*)always.Start, (uint)always.Length);
                s_binds.Add(binds, read.BindLength);
            }
        }
    }

    /// <summary>Whether a path is one of these, or below one.</summary>
    internal bool Has(byte* path)
    {
        fixed (byte* first = _paths)
        {
            for (byte* at = first; at < first + _length; at += Text.Length(at) + 1)
            {
                if (IsBelow(path, at))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether a path is a directory's or below it, name by name: /scratch2 is not below /scratch. Both are as the kernel writes them.</summary>
    internal static bool IsBelow(byte* path, byte* directory)
    {
        int length = directory[1] == 0 ? 0 : Text.Length(directory); // all is below "/"
        return Text.Equal(path, directory, length) && (path[length] is 0 or (byte)'/');
    }

    /// <summary>Adds where each of these absolute paths leads; one that leads nowhere, or has a `..`, allows nothing.</summary>
    private void Add(byte* paths, uint length)
    {
        byte* path = stackalloc byte[Trust.PathSize];
        fixed (byte* bytes = _paths)
        {
            for (byte* at = paths; at < paths + length; at += Text.Length(at) + 1)
            {
                int place = *at != '/' || HasDots(at) ? -E.INVAL : Sys.OpenAt(K.AtCwd, at, O.Path);
                int error = place < 0 ? place : Policy.PathOf(place, path);
                Sys.Close(place);
                if (error == 0 && Text.Length(path) >= Size - _length)
                {
                    Say.Fatal(
                        "kerr.conf has a longer list than the setuid mode can hold: "u8, 0, "have the administrator mend it: kerr confgen shows what there is"u8, path);
                }

                if (error == 0)
                {
                    *Text.Copy(bytes + _length, path) = 0;
                    _length += Text.Length(path) + 1;
                }
            }
        }
    }

    private static bool HasDots(byte* path)
    {
        for (; *path != 0; path++)
        {
            if (Text.Starts(path, "/.."u8) && (path[3] == 0 || path[3] == '/'))
            {
                return true;
            }
        }

        return false;
    }
}
