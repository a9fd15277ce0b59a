using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Kerr.Linux;

/// <summary>Hands a string to the kernel as bytes: one character, one byte, a zero at the end.</summary>
/// <remarks>
/// Paths, arguments and environment are bytes to Linux and need not be UTF-8. All of Kerr keeps them as strings of
/// characters U+0000 to U+00FF (docs/decisions/0003-bytes-as-latin1.md); this is the way back.
/// </remarks>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ManagedToUnmanagedIn))]
public static unsafe class Latin1StringMarshaller
{
    /// <summary>The bytes of one argument, on the caller's stack when they are few.</summary>
    public ref struct ManagedToUnmanagedIn
    {
        private byte* _bytes;
        private bool _allocated;

        public static int BufferSize => 512;

        public void FromManaged(string? text, Span<byte> buffer)
        {
            if (text is null)
            {
                return;
            }

            if (text.Length >= buffer.Length)
            {
                _bytes = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
                _allocated = true;
                buffer = new Span<byte>(_bytes, text.Length + 1);
            }
            else
            {
                // The generated code hands over a buffer on its own stack, which does not move.
                _bytes = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(
                    ref MemoryMarshal.GetReference(buffer));
            }

            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];

                // A zero would cut the string short in the kernel's eyes: "/etc/passwd\0.sif" is not /etc/passwd.
                if (c is '\0' or > '\u00ff')
                {
                    Free();
                    _bytes = null;
                    throw new InvalidDataException(
                        c == '\0' ? "a string for the kernel holds a zero byte" : "a string for the kernel is not made of bytes");
                }

                buffer[i] = (byte)c;
            }

            buffer[text.Length] = 0;
        }

        public readonly byte* ToUnmanaged() => _bytes;

        public void Free()
        {
            if (_allocated)
            {
                NativeMemory.Free(_bytes);
                _allocated = false;
            }
        }
    }
}
