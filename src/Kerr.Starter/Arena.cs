namespace Kerr.Starter;

/// <summary>Memory that is never given back: a part of the program first, anonymous mappings when that is used up.</summary>
internal static unsafe class Arena
{
    private const int FirstSize = 192 << 10;
    private static First s_first;
    private static byte* s_next;
    private static byte* s_end;

    /// <summary>Where the next memory comes from.</summary>
    internal static byte* Mark() => s_next;

    /// <summary>Takes back, and zeroes, what was taken since a mark; what did not fit where the mark is stays taken.</summary>
    internal static void Release(byte* mark)
    {
        if (mark <= s_next && s_next <= s_end && mark > s_end - FirstSize)
        {
            while (s_next > mark)
            {
                *--s_next = 0;
            }
        }
    }

    /// <summary>Zeroed memory, 8-aligned.</summary>
    internal static byte* Take(nint size)
    {
        size = (size + 7) & ~7;
        if (s_next == null)
        {
            fixed (First* start = &s_first)
            {
                s_next = (byte*)start; // a static field does not move
                s_end = s_next + FirstSize;
            }
        }

        if (size > s_end - s_next)
        {
            nint length = (size + (1 << 20) - 1) & ~((1 << 20) - 1);
            nint mapped = Sys.Call(Nr.Mmap, 0, length, 3, 0x22, -1, 0);
            if (mapped is < 0 and > -4096)
            {
                Report.Fatal("out of memory"u8, (int)-mapped, "raise the address space limit (ulimit -v)"u8);
            }

            s_next = (byte*)mapped;
            s_end = s_next + length;
        }

        byte* taken = s_next;
        s_next += size;
        return taken;
    }

    private struct First
    {
        internal fixed byte Bytes[FirstSize];
    }
}
