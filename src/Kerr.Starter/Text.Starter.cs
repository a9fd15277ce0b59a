using System;
using System.Runtime.CompilerServices;

namespace Kerr.Starter;

/// <summary>Bytes that end in NUL: what only the starter does with them.</summary>
internal static unsafe partial class Text
{
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

    /// <summary>Copies text without its NUL and answers the place after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte* Copy(byte* to, byte* from) => Copy(to, from, Length(from));

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
