using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kerr.EndToEnd.Harness;

/// <summary>Strings and string vectors in native memory, one byte a character.</summary>
internal sealed unsafe class NativeText : IDisposable
{
    private readonly List<nint> blocks = [];

    public byte* Add(string text)
    {
        byte* bytes = (byte*)Allocate(text.Length + 1);
        for (int i = 0; i < text.Length; i++)
        {
            bytes[i] = text[i] is > '\0' and <= '\xFF' ? (byte)text[i]
                : throw new ArgumentException("not Latin-1, where a character is a byte", nameof(text));
        }

        bytes[text.Length] = 0;
        return bytes;
    }

    /// <summary>A vector that ends with a null pointer.</summary>
    public byte** Add(IReadOnlyList<string> texts)
    {
        byte** vector = (byte**)Allocate((texts.Count + 1) * sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
        {
            vector[i] = Add(texts[i]);
        }

        vector[texts.Count] = null;
        return vector;
    }

    public void Dispose()
    {
        foreach (nint block in blocks)
        {
            NativeMemory.Free((void*)block);
        }
    }

    private nint Allocate(int size)
    {
        blocks.Add((nint)NativeMemory.Alloc((nuint)size));
        return blocks[^1];
    }
}
