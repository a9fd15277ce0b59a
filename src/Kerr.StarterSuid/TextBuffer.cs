using System;

namespace Kerr.Starter;

/// <summary>Text that is being put together; what does not fit is left out.</summary>
internal unsafe struct TextBuffer
{
    private const int Size = 16 << 10;
    private fixed byte _bytes[Size];

    internal int Length { get; private set; }

    internal void Begin(ReadOnlySpan<byte> head)
    {
        Length = 0;
        Add(head);
    }

    internal void Add(byte value)
    {
        if (Length < Size)
        {
            _bytes[Length++] = value;
        }
    }

    internal void Add(ReadOnlySpan<byte> ours)
    {
        for (int i = 0; i < ours.Length; i++)
        {
            Add(((byte*)ours.Start)[i]);
        }
    }

    /// <summary>Adds text that is not ours: what is no plain character is shown as `?`, and cannot pass for a line of ours.</summary>
    internal void Add(byte* theirs)
    {
        for (; theirs != null && *theirs != 0; theirs++)
        {
            Add(*theirs is < 32 or >= 127 ? (byte)'?' : *theirs);
        }
    }

    /// <summary>Adds text of the program itself (ASCII).</summary>
    internal void Add(string name, int from)
    {
        fixed (char* characters = name)
        {
            for (int i = from; i < name.Length; i++)
            {
                Add((byte)characters[i]);
            }
        }
    }

    internal void Add(ulong value)
    {
        byte* digits = stackalloc byte[24];
        Text.Numbered(digits, ""u8, value);
        Add(digits);
    }

    internal void PadTo(int column)
    {
        while (Length < column)
        {
            Add((byte)' ');
        }
    }

    /// <summary>Its bytes; only of a static one, which does not move.</summary>
    internal byte* Start()
    {
        fixed (byte* bytes = _bytes)
        {
            return bytes;
        }
    }
}
