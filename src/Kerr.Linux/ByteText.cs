using System;
using System.Text;

namespace Kerr.Linux;

/// <summary>
/// Text that the kernel sees as bytes: paths, arguments, environment. Inside Kerr such text is a string in which every
/// char is one byte (Latin-1), so that it survives whatever its encoding is.
/// </summary>
/// <remarks>docs/decisions/0003-bytes-as-latin1.md</remarks>
public static class ByteText
{
    /// <summary>The bytes of <paramref name="text"/> with a NUL at the end, as system calls take them.</summary>
    /// <exception cref="UserException">It holds a NUL, or a char that is no byte.</exception>
    public static byte[] ToNative(string text)
    {
        byte[] bytes = new byte[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '\0' or > 'ÿ')
            {
                throw new UserException($"text holds a character that no system call takes: {(int)c:x4}");
            }

            bytes[i] = (byte)c;
        }

        return bytes;
    }

    public static string FromNative(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static unsafe string FromNative(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return FromNative(new ReadOnlySpan<byte>(text, length));
    }

    /// <summary>Byte text as real text, for JSON and other places that want Unicode.</summary>
    public static string ToUnicode(string text)
    {
        foreach (char c in text)
        {
            if (c > '\x7f')
            {
                return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));
            }
        }

        return text;
    }

    /// <summary>Real text as byte text, encoded in UTF-8.</summary>
    public static string FromUnicode(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
