using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>The memory that a step's ranks have in the place of /dev/shm when that of the host is out of their sight: a tmpfs of the holder's.</summary>
internal static unsafe class SharedMemory
{
    /// <summary>A detached copy of its mount, which is made when it is first asked for. In the holder.</summary>
    internal static int Copy()
    {
        byte* name = (byte*)"memory"u8.Start;
        int error = Sys.MakeDirectory(Session.Directory, name, 0x1C0);
        if (error == 0)
        {
            int target = Sys.OpenAt(Session.Directory, name, O.Path | O.Directory | O.NoFollow);
            int made = target < 0 ? target : Mounts.NewFileSystem((byte*)"tmpfs"u8.Start, Options("mode=1777"u8), MountFlags.NoSuid | MountFlags.NoDev);
            error = made < 0 ? made : Mounts.Attach(made, target);
            Sys.Close(made);
            Sys.Close(target);
        }

        // Without a mount on it the directory would be the holder's own: better none than that.
        if (error < 0 && error != -E.EXIST)
        {
            Sys.Call(Nr.Unlinkat, Session.Directory, (nint)name, K.AtRemoveDirectory);
            return error;
        }

        return (int)Sys.Call(Nr.OpenTree, Session.Directory, (nint)name, K.OpenTreeClone | O.CloseOnExec);
    }

    /// <summary>A text that may be written into, as the options of a mount are while they are read.</summary>
    private static byte* Options(System.ReadOnlySpan<byte> text)
    {
        byte* copy = Arena.Take(text.Length + 1);
        *Text.Copy(copy, text, text.Length) = 0;
        return copy;
    }
}
