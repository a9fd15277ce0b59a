using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kerr.Linux.Processes;

/// <summary>A list of strings as <c>execve(2)</c> takes it: pointers to bytes with a zero, and a null pointer at the end.</summary>
internal readonly unsafe ref struct NativeStrings : IDisposable
{
    private readonly byte** _pointers;

    internal NativeStrings(IReadOnlyList<string> strings)
    {
        _pointers = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        try
        {
            for (int i = 0; i < strings.Count; i++)
            {
                byte[] bytes = ByteText.ToNative(strings[i]);
                _pointers[i] = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
                bytes.CopyTo(new Span<byte>(_pointers[i], bytes.Length));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal byte** Pointer => _pointers;

    public void Dispose()
    {
        for (byte** at = _pointers; *at is not null; at++)
        {
            NativeMemory.Free(*at);
        }

        NativeMemory.Free(_pointers);
    }
}
