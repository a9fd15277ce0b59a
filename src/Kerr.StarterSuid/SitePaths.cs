namespace Kerr.Starter;

/// <summary>Paths of the administrator's, each with its NUL: as they were written, or as the kernel writes what they lead to.</summary>
internal unsafe struct SitePaths
{
    private const int Size = 16 << 10;
    private int _length;
    private fixed byte _paths[Size];

    internal readonly bool IsEmpty => _length == 0;

    internal readonly bool IsSound => _length is >= 0 and <= Size && (IsEmpty || _paths[_length - 1] == 0);

    /// <summary>Whether there was room.</summary>
    internal bool Add(Slice path)
    {
        if (path.Length >= Size - _length)
        {
            return false;
        }

        for (; !path.IsEmpty; path.At++)
        {
            _paths[_length++] = *path.At;
        }

        _paths[_length++] = 0;
        return true;
    }

    /// <summary>Whether a path is one of these, or below one.</summary>
    internal bool Has(byte* path)
    {
        bool found = false;
        fixed (byte* first = _paths)
        {
            for (Slice rest = new(first, first + _length); !rest.IsEmpty && !found;)
            {
                found = IsBelow(path, rest.Cut(0).At);
            }
        }

        return found;
    }

    /// <summary>Whether a path is a directory's or below it, name by name: /scratch2 is not below /scratch. Both are as the kernel writes them.</summary>
    private static bool IsBelow(byte* path, byte* directory)
    {
        int length = directory[1] == 0 ? 0 : Text.Length(directory); // all is below "/"
        return Text.Equal(path, directory, length) && (path[length] is 0 or (byte)'/');
    }

    /// <summary>
    /// Adds where each of the written paths leads, links followed as the user; while nothing of the user's is mounted that could be in their way. One that leads
    /// nowhere, is not absolute or has a `..` allows nothing.
    /// </summary>
    internal void Follow(ref SitePaths written)
    {
        byte* path = stackalloc byte[Trust.PathSize];
        fixed (byte* first = written._paths)
        {
            for (Slice rest = new(first, first + written._length); !rest.IsEmpty;)
            {
                Slice name = rest.Cut(0);
                bool plain = *name.At == '/';
                for (Slice names = name; !names.IsEmpty;)
                {
                    plain &= !names.Cut('/').Is(".."u8);
                }

                int place = plain ? Sys.OpenAt(K.AtCwd, name.At, O.Path) : -E.INVAL;
                bool leads = place >= 0 && Policy.PathOf(place, path) == 0;
                Sys.Close(place);
                if (leads && !Add(Slice.Of(path)))
                {
                    Say.Fatal("kerr.conf has a longer list than the setuid mode can hold: "u8, 0, "have the administrator mend it: kerr confgen shows what there is"u8, path);
                }
            }
        }
    }
}
