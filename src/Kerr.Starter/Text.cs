using System;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>Bytes that end in NUL.</summary>
internal static unsafe class Text
{
    /// <summary>Whether so many bytes are the same.</summary>
    internal static bool Equal(byte* a, byte* b, nint length)
    {
        nint i = 0;
        while (i < length && a[i] == b[i])
        {
            i++;
        }

        return i == length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Length(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool Same(byte* a, void* other)
    {
        byte* b = (byte*)other;
        while (*a == *b && *a != 0)
        {
            a++;
            b++;
        }

        return *a == *b;
    }

    /// <summary>Whether text begins with these bytes.</summary>
    internal static bool Starts(byte* text, ReadOnlySpan<byte> prefix)
    {
        byte* p = (byte*)prefix.Start;
        for (int i = 0; i < prefix.Length; i++)
        {
            if (text[i] != p[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first place of a byte, or null.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Find(byte* text, byte wanted)
    {
        for (; *text != 0; text++)
        {
            if (*text == wanted)
            {
                return text;
            }
        }

        return null;
    }

    /// <summary>Copies n bytes and answers the place after them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Copy(byte* to, void* from, nint length)
    {
        byte* source = (byte*)from;
        for (nint i = 0; i < length; i++)
        {
            to[i] = source[i];
        }

        return to + length;
    }

    /// <summary>Copies text without its NUL and answers the place after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Copy(byte* to, byte* from) => Copy(to, from, Length(from));

    /// <summary>Writes a decimal number without NUL and answers the place after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Number(byte* to, ulong value)
    {
        ulong unit = 1;
        while (value / unit >= 10)
        {
            unit *= 10;
        }

        for (; unit > 0; unit /= 10)
        {
            *to++ = (byte)('0' + (int)(value / unit % 10));
        }

        return to;
    }

    /// <summary>Reads a decimal number up to the end of the text or the given byte; −1 when it is none or too large.</summary>
    internal static long ParseNumber(byte* text, byte end = 0)
    {
        long value = 0;
        int digits = 0;
        for (; *text >= '0' && *text <= '9'; text++)
        {
            value = (value * 10) + (*text - '0');
            if (++digits > 18)
            {
                return -1;
            }
        }

        return digits > 0 && (*text == end || *text == 0) ? value : -1;
    }

    /// <summary>"/proc/self/fd/N", in memory of its own.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* DescriptorPath(int descriptor)
    {
        byte* path = Arena.Take(32);
        *Number(Copy(path, (byte*)"/proc/self/fd/"u8.Start), (ulong)descriptor) = 0;
        return path;
    }
}

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
