using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>What a symlink at the end of a path counts as.</summary>
internal enum LastLink
{
    /// <summary>What it leads to.</summary>
    Followed,

    /// <summary>An error (ELOOP).</summary>
    Refused,

    /// <summary>Nothing: something else is to stand in its place.</summary>
    Missing,
}

/// <summary>
/// Looks up paths below a directory that is taken for `/`: symlinks and `..` never lead above it. The kernel does it where
/// it can (openat2, 5.6); the walk by hand serves older kernels, and those who must know what is missing.
/// </summary>
internal static unsafe class Walk
{
    private const int PathMaximum = 4096;
    private const int MostLinks = 40;
    private static byte* s_link;
    private static byte* s_place;
    private static FileStatus s_links;
    private static bool s_linked;
    private static bool s_linkedAcross;

    /// <summary>Opens (O_PATH) what a path leads to, or answers an error.</summary>
    internal static int Open(int root, byte* path, bool noFollow = false)
    {
        ulong* how = stackalloc ulong[3];
        how[0] = (ulong)(O.Path | O.CloseOnExec | (noFollow ? O.NoFollow : 0));
        how[1] = 0;
        how[2] = K.ResolveInRoot | K.ResolveNoMagicLinks;
        int found = (int)Sys.Call(Nr.Openat2, root, (nint)path, (nint)how, 24);
        if (found is not (-E.NOSYS or -E.PERM or -E.AGAIN)) // EAGAIN: something was renamed meanwhile
        {
            return found >= 0 && noFollow ? RefuseLink(found) : found;
        }

        found = Find(root, path, noFollow ? LastLink.Refused : LastLink.Followed, null, out byte* missing);
        if (found >= 0 && missing != null)
        {
            Sys.Close(found);
            found = -E.NOENT;
        }

        return found;
    }

    /// <summary>
    /// Goes as far as the path exists: opens what is there, writes its path without symlinks into <paramref name="canonical"/>
    /// (at least 8 KiB; "" for the root itself) when that is wanted, and points at what is missing, or at nothing.
    /// </summary>
    internal static int Find(int root, byte* path, LastLink lastLink, byte* canonical, out byte* missing)
    {
        missing = null;
        s_link = s_link == null ? Arena.Take(PathMaximum) : s_link;
        s_place = s_place == null ? Arena.Take(2 * PathMaximum) : s_place;
        byte* place = canonical == null ? s_place : canonical;
        byte* link = s_link;
        *place = 0;
        s_linked = s_linkedAcross = false;
        if (Text.Length(path) >= PathMaximum)
        {
            return -E.NAMETOOLONG;
        }

        byte* rest = path;
        int links = 0;
        int here = Duplicate(root);
        while (here >= 0)
        {
            byte* name = NextName(ref rest);
            if (name == null)
            {
                return here;
            }

            if (Text.Same(name, ".."u8))
            {
                Sys.Close(here);
                CutLast(place);
                here = Reopen(root, place);
                continue;
            }

            int next = Sys.OpenAt(here, name, O.Path | O.NoFollow);
            if (next == -E.NOENT)
            {
                missing = Join(name, rest);
                return here;
            }

            if (next < 0)
            {
                Sys.Close(here);
                return next;
            }

            int length = (int)Sys.Call(Nr.Readlinkat, next, (nint)(""u8).Start, (nint)link, PathMaximum - 1);
            if (length > 0 && lastLink == LastLink.Missing && *rest == 0)
            {
                Sys.Close(next);
                missing = name;
                return here;
            }

            if (length > 0)
            {
                Sys.Close(next);
                if (++links > MostLinks || (lastLink == LastLink.Refused && *rest == 0))
                {
                    Sys.Close(here);
                    return -E.LOOP;
                }

                NoteLink(here);
                link[length] = 0;
                rest = Join(link, rest);
                if (*link == '/')
                {
                    *place = 0;
                    Sys.Close(here);
                    here = Duplicate(root);
                }

                continue;
            }

            Sys.Close(here);
            here = next;
            if (length is not (-E.NOENT or -E.INVAL) || Text.Length(place) + Text.Length(name) + 2 > 2 * PathMaximum)
            {
                Sys.Close(here);
                return length < 0 && length is not (-E.NOENT or -E.INVAL) ? length : -E.NAMETOOLONG;
            }

            byte* end = place + Text.Length(place);
            *end = (byte)'/';
            *Text.Copy(end + 1, name) = 0;
        }

        return here;
    }

    /// <summary>Whether the last <see cref="Find"/> followed a symlink that lies in another mount than a directory: an image's link may lead into what the host has bound in.</summary>
    internal static bool LedInto(FileStatus* directory)
    {
        FileStatus links = s_links;
        return s_linked && (s_linkedAcross || !links.SameMount(directory));
    }

    private static void NoteLink(int directory)
    {
        FileStatus here = default;
        bool known = FileStatus.Read(directory, &here) == 0;
        FileStatus before = s_links;
        s_linkedAcross |= !known || (s_linked && !before.SameMount(&here));
        s_links = here;
        s_linked = true;
    }

    /// <summary>Makes what is missing of a path below an open directory: directories, at the end a directory or an empty file.</summary>
    internal static int Make(int directory, byte* missing, bool file, int mode)
    {
        byte* rest = missing;
        int here = Duplicate(directory);
        byte* name = NextName(ref rest);
        while (name != null && here >= 0)
        {
            byte* next = NextName(ref rest);
            int error;
            int flags = O.Path | O.NoFollow;
            if (Text.Same(name, ".."u8))
            {
                error = -E.NOENT; // above what is missing nothing can be found
            }
            else if (next == null && file)
            {
                error = Sys.OpenAt(here, name, O.Create | O.Exclusive | O.WriteOnly | O.NoFollow, 0x1A4);
                Sys.Close(error);
            }
            else
            {
                error = Sys.MakeDirectory(here, name, next == null ? mode : 0x1ED);
                flags |= O.Directory;
            }

            int made = error is < 0 and not -E.EXIST ? error : Sys.OpenAt(here, name, flags);
            Sys.Close(here);
            here = made;
            name = next;
        }

        return here;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Duplicate(int descriptor) => Sys.Fcntl(descriptor, K.DupCloseOnExec, 3);

    /// <summary>The next name of a path, in memory of its own, leaving what comes after it; null at the end. "." is no name.</summary>
    internal static byte* NextName(ref byte* rest)
    {
        while (true)
        {
            while (*rest == '/')
            {
                rest++;
            }

            byte* end = rest;
            while (*end != 0 && *end != '/')
            {
                end++;
            }

            nint length = (nint)(end - rest);
            byte* start = rest;
            rest = end;
            while (*rest == '/')
            {
                rest++;
            }

            if (length == 0)
            {
                return null;
            }

            if (length != 1 || *start != '.')
            {
                byte* name = Arena.Take(length + 1);
                *Text.Copy(name, start, length) = 0;
                return name;
            }
        }
    }

    private static byte* Join(byte* first, byte* rest)
    {
        byte* joined = Arena.Take(Text.Length(first) + Text.Length(rest) + 2);
        byte* end = Text.Copy(joined, first);
        if (*rest != 0)
        {
            *end++ = (byte)'/';
            end = Text.Copy(end, rest);
        }

        *end = 0;
        return joined;
    }

    private static void CutLast(byte* path)
    {
        byte* last = path;
        for (byte* at = path; *at != 0; at++)
        {
            if (*at == '/')
            {
                last = at;
            }
        }

        *last = 0;
    }

    /// <summary>Opens a directory by its path without symlinks; whoever swaps one in meanwhile gets an error.</summary>
    private static int Reopen(int root, byte* canonical)
    {
        byte* rest = canonical;
        int here = Duplicate(root);
        byte* name = NextName(ref rest);
        while (here >= 0 && name != null)
        {
            int next = Sys.OpenAt(here, name, O.Path | O.NoFollow | O.Directory);
            Sys.Close(here);
            here = next;
            name = NextName(ref rest);
        }

        return here;
    }

    private static int RefuseLink(int found)
    {
        FileStatus status = default;
        int error = FileStatus.Read(found, &status);
        if (error < 0 || status.IsLink)
        {
            Sys.Close(found);
            return error < 0 ? error : -E.LOOP;
        }

        return found;
    }
}
