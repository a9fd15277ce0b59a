using System;

namespace Kerr.Starter;

/// <summary>A piece of text that is being read: what is not taken yet, up to its end.</summary>
internal unsafe struct Slice(byte* start, byte* end)
{
    internal byte* At = start;
    internal byte* End = end;

    internal readonly bool IsEmpty => At >= End;

    internal readonly int Length => (int)(End - At);

    public static implicit operator Slice(ReadOnlySpan<byte> ours) => new((byte*)ours.Start, (byte*)ours.Start + ours.Length);

    /// <summary>Text that ends in NUL.</summary>
    internal static Slice Of(byte* text) => new(text, text + Text.Length(text));

    internal readonly bool Starts(Slice wanted) => Length >= wanted.Length && Text.Equal(At, wanted.At, wanted.Length);

    internal readonly bool Is(Slice wanted) => Length == wanted.Length && Starts(wanted);

    /// <summary>Takes what is before the next such byte, and that byte; all that is left where there is none.</summary>
    internal Slice Cut(int separator)
    {
        byte* from = At;
        while (At < End && *At != separator)
        {
            At++;
        }

        return new Slice(from, At < End ? At++ : At);
    }

    /// <summary>What is between two such bytes, counted from 0; nothing where there are fewer.</summary>
    internal readonly Slice Field(int index, int separator)
    {
        Slice rest = this;
        for (; index > 0; index--)
        {
            rest.Cut(separator);
        }

        return rest.Cut(separator);
    }

    /// <summary>The same without the blanks around it.</summary>
    internal readonly Slice Trimmed()
    {
        Slice inner = this;
        while (!inner.IsEmpty && *inner.At is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            inner.At++;
        }

        while (!inner.IsEmpty && inner.End[-1] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            inner.End--;
        }

        return inner;
    }

    /// <summary>The decimal number that it is, of at most 18 digits, or −1.</summary>
    internal readonly long Number()
    {
        long value = IsEmpty || Length > 18 ? -1 : 0;
        for (byte* digit = At; digit < End && value >= 0; digit++)
        {
            value = *digit is < (byte)'0' or > (byte)'9' ? -1 : (value * 10) + (*digit - '0');
        }

        return value;
    }
}
