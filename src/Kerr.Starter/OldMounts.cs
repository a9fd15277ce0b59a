using Kerr.Plan;

namespace Kerr.Starter;

/// <summary>Mounting as kernels before 5.12 have it, by names of descriptors below /proc.</summary>
internal static unsafe class OldMounts
{
    private static byte* s_table;

    /// <summary>The attributes as flags of mount(2), which has the same numbers for them.</summary>
    internal static int Flags(ulong flags) => (int)(flags & Mounts.Attributes);

    internal static int Bind(int source, int target, ulong flags, int root, byte* path)
    {
        bool recursive = (flags & MountFlags.Recursive) != 0;
        int how = K.MsBind | (recursive ? K.MsRecursive : 0);
        int error = Sys.Mount(Text.DescriptorPath(source), Text.DescriptorPath(target), null, how, null);
        if (error < 0 || Flags(flags) == 0)
        {
            return error;
        }

        int bound = root == Session.Directory ? Sys.OpenAt(root, Session.Relative(path), O.Path | O.NoFollow) : Walk.Open(root, path);
        if (bound < 0)
        {
            return bound;
        }

        if (recursive && (flags & MountFlags.ReadOnly) != 0 && HasMountsBelow(source))
        {
            Report.Warning("kernels before 5.12 leave mounts below this read-only one writable: "u8, path);
        }

        error = Remount(bound, flags);
        Sys.Close(bound);
        return error;
    }

    /// <summary>Whether anything is mounted below an open directory; when that cannot be told, yes.</summary>
    private static bool HasMountsBelow(int source)
    {
        const int Capacity = 1 << 20;
        byte* path = Arena.Take(4096);
        byte* table = s_table = s_table == null ? Arena.Take(Capacity) : s_table;
        int length = (int)Sys.Call(Nr.Readlinkat, K.AtCwd, (nint)Text.DescriptorPath(source), (nint)path, 4095, 0);
        int file = length < 0 ? length : Sys.OpenAt(K.AtCwd, "/proc/self/mountinfo"u8, O.ReadOnly);
        nint size = 0;
        nint got = file < 0 ? file : 1;
        while (got > 0 && size < Capacity - 1)
        {
            got = Sys.Call(Nr.Read, file, (nint)(table + size), Capacity - 1 - size);
            size += got > 0 ? got : 0;
        }

        Sys.Close(file);
        if (got != 0)
        {
            return true;
        }

        path[length] = 0;
        table[size] = 0;
        for (byte* line = table; *line != 0; line++)
        {
            // 36 35 98:0 /root /point options …: the fifth word, with spaces and the like as  
            byte* point = line;
            for (int word = 0; word < 4 && point != null; word++)
            {
                point = Text.Find(point, (byte)' ');
                point = point == null ? null : point + 1;
            }

            int same = 0;
            while (point != null && same < length && point[same] == path[same])
            {
                same++;
            }

            if (point != null && same == length && point[same] == '/')
            {
                return true;
            }

            line = Text.Find(line, (byte)'\n');
            if (line == null)
            {
                return false;
            }
        }

        for (byte* at = path; *at != 0; at++)
        {
            if (*at is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\\')
            {
                return true; // written otherwise in the table
            }
        }

        return false;
    }

    /// <summary>Adds attributes to the mount whose root is open.</summary>
    internal static int Remount(int mount, ulong flags)
    {
        // A remount must repeat every flag that the mount has: a user namespace may not clear them. statfs and mount
        // share the numbers of ro, nosuid, nodev, noexec, noatime and nodiratime; relatime has one of each.
        ulong* status = stackalloc ulong[16];
        int error = (int)Sys.Call(Nr.Fstatfs, mount, (nint)status);
        int has = (int)status[10];
        has = (has & 0xC0F) | ((has & 0x1000) != 0 ? K.MsRelatime : 0);
        return error < 0 ? error : Sys.Mount(null, Text.DescriptorPath(mount), null, K.MsBind | K.MsRemount | has | Flags(flags), null);
    }
}
