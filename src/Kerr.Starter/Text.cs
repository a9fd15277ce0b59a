using System;

namespace Kerr.Starter;

/// <summary>Bytes that end in NUL.</summary>
internal static unsafe partial class Text
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

    internal static int Length(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return length;
    }

    /// <summary>Copies n bytes and answers the place after them.</summary>
    internal static byte* Copy(byte* to, void* from, nint length)
    {
        byte* source = (byte*)from;
        for (nint i = 0; i < length; i++)
        {
            to[i] = source[i];
        }

        return to + length;
    }

    /// <summary>Writes a decimal number without NUL and answers the place after it.</summary>
    internal static byte* Number(byte* to, ulong value)
    {
        to = value < 10 ? to : Number(to, value / 10);
        *to = (byte)('0' + (int)(value % 10));
        return to + 1;
    }

    /// <summary>Writes words of ours, a decimal number and NUL, and answers where the NUL is.</summary>
    internal static byte* Numbered(byte* to, ReadOnlySpan<byte> words, ulong number)
    {
        to = Number(Copy(to, words, words.Length), number);
        *to = 0;
        return to;
    }
}
