using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>
/// The root where overlay cannot be had: the skeleton itself, on a mount of its own, with every entry of the image that the
/// skeleton does not have bound into it, level by level as deep as the skeleton goes.
/// </summary>
internal static unsafe class Underlay
{
    private const int BufferSize = 32 << 10;
    private const int DeepestLevel = 64;

    internal static int Make(byte* step, int image)
    {
        ulong attributes = Root.Attributes(step);
        int skeleton = Sys.OpenAt(Session.Directory, ".skeleton"u8, O.Path | O.Directory | O.NoFollow);
        int place = skeleton < 0 ? skeleton : Sys.OpenAt(Session.Directory, "root"u8, O.Path | O.Directory | O.NoFollow);
        int error = place < 0 ? place : Mounts.Bind(skeleton, place, attributes & ~MountFlags.ReadOnly, Session.Directory, (byte*)"root"u8.Start);
        Sys.Close(place);
        Sys.Close(skeleton);
        int root = error < 0 ? error : Sys.OpenAt(Session.Directory, "root"u8, O.Path | O.Directory | O.NoFollow);
        error = root < 0 ? root : Fill(root, image, attributes | MountFlags.Recursive, (byte*)"root"u8.Start, 0);
        if (error == 0 && (attributes & MountFlags.ReadOnly) != 0)
        {
            error = Mounts.SetAttributes(root, MountFlags.ReadOnly);
            error = error == -E.NOSYS ? OldMounts.Remount(root, MountFlags.ReadOnly) : error;
        }

        Sys.Close(root);
        return error;
    }

    private static int Fill(int into, int from, ulong attributes, byte* path, int level)
    {
        int listing = level > DeepestLevel ? -E.LOOP : Sys.OpenAt(from, "."u8, O.ReadOnly | O.Directory);
        if (listing < 0)
        {
            return listing;
        }

        byte* buffer = Arena.Take(BufferSize);
        int error = 0;
        while (error == 0)
        {
            int length = (int)Sys.Call(Nr.Getdents64, listing, (nint)buffer, BufferSize);
            if (length <= 0)
            {
                error = length;
                break;
            }

            // struct linux_dirent64: inode@0 offset@8 record length@16 type@18 name@19
            for (int at = 0; at < length && error == 0; at += *(ushort*)(buffer + at + 16))
            {
                byte* name = buffer + at + 19;
                if (!Text.Same(name, "."u8) && !Text.Same(name, ".."u8))
                {
                    error = Entry(into, from, name, attributes, path, level);
                }
            }
        }

        Sys.Close(listing);
        return error;
    }

    private static int Entry(int into, int from, byte* name, ulong attributes, byte* path, int level)
    {
        FileStatus status = default;
        int original = Sys.OpenAt(from, name, O.Path | O.NoFollow);
        int error = original < 0 ? original : FileStatus.Read(original, &status);
        if (error < 0)
        {
            Sys.Close(original);
            return error;
        }

        byte* below = Arena.Take(Text.Length(path) + Text.Length(name) + 2);
        byte* end = Text.Copy(below, path);
        *end = (byte)'/';
        *Text.Copy(end + 1, name) = 0;
        if (status.IsLink)
        {
            error = CopyLink(original, into, name);
        }
        else if (status.IsDirectory)
        {
            error = Sys.MakeDirectory(into, name, 0x1ED);
        }
        else
        {
            error = Sys.OpenAt(into, name, O.Create | O.Exclusive | O.WriteOnly | O.NoFollow, 0x1A4);
            Sys.Close(error);
            error = error > 0 ? 0 : error;
        }

        int copy = status.IsLink || error is < 0 and not -E.EXIST ? -1 : Sys.OpenAt(into, name, O.Path | O.NoFollow);
        if (copy >= 0 && error == 0)
        {
            error = Mounts.Bind(original, copy, attributes, Session.Directory, below);
        }
        else if (copy >= 0)
        {
            error = Fill(copy, original, attributes, below, level + 1); // the skeleton has it: a directory in which something is missing
        }

        Sys.Close(copy);
        Sys.Close(original);
        return error;
    }

    private static int CopyLink(int original, int into, byte* name)
    {
        byte* text = Arena.Take(4096);
        int length = (int)Sys.Call(Nr.Readlinkat, original, (nint)(""u8).Start, (nint)text, 4095);
        if (length < 0)
        {
            return length;
        }

        text[length] = 0;
        int error = (int)Sys.Call(Nr.Symlinkat, (nint)text, into, (nint)name);
        return error == -E.EXIST ? 0 : error; // a file of the skeleton stands in its place
    }
}
