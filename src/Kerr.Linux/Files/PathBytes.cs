using System;
using System.IO;
using System.Text;

namespace Kerr.Linux.Files;

/// <summary>A path in the form that the kernel takes: bytes, and a zero at the end.</summary>
/// <remarks>
/// Paths are bytes that need not be UTF-8. In this program a string is Latin-1 wherever it came from outside, one
/// character per byte, so that every name survives; here is where it becomes bytes again.
/// </remarks>
internal static class PathBytes
{
    /// <summary>Enough for every path that the kernel accepts (PATH_MAX counts the zero).</summary>
    internal const int StackSize = 4096;

    /// <summary>Writes <paramref name="path"/> to <paramref name="buffer"/> if it fits, else to a new array.</summary>
    internal static ReadOnlySpan<byte> Of(string path, Span<byte> buffer)
    {
        foreach (char c in path)
        {
            if (c is '\0' or > 'ÿ')
            {
                throw new InvalidDataException($"a path holds a character that no system call takes: {(int)c:x4}");
            }
        }

        Span<byte> bytes = path.Length < buffer.Length ? buffer[..(path.Length + 1)] : new byte[path.Length + 1];
        Encoding.Latin1.GetBytes(path, bytes);
        bytes[path.Length] = 0;
        return bytes;
    }
}
