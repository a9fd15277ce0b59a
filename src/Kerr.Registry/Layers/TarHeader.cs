using System;
using System.IO;
using System.Text;

namespace Kerr.Registry.Layers;

/// <summary>The fields of a tar header block of 512 bytes.</summary>
/// <remarks>
/// <code>
/// name 0+100  mode 100+8  uid 108+8  gid 116+8  size 124+12  mtime 136+12  checksum 148+8  type 156  link 157+100
/// magic 257+6  version 263+2  devmajor 329+8  devminor 337+8  prefix 345+155 (ustar)
/// sparse (old GNU): 386 4×(offset 12, size 12)  extended 482  real size 483+12
/// </code>
/// POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
/// </remarks>
internal static class TarHeader
{
    internal const int Size = 512;
    internal const int TypeAt = 156, SparseAt = 386, ExtendedAt = 482, RealSizeAt = 483;
    private const int ChecksumAt = 148;

    internal static bool IsUstar(ReadOnlySpan<byte> block) => block[257..].StartsWith("ustar"u8);

    /// <summary>The text of a field, up to its first zero byte.</summary>
    internal static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>A number in octal digits or, with the top bit set, in base 256.</summary>
    internal static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            // Two's complement, the marker bit aside; more than 63 bits do not fit.
            long value = (field[0] & 0x40) != 0 ? -1 : 0;
            for (int i = 0; i < field.Length; i++)
            {
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                {
                    throw new InvalidDataException("a number in a tar header is too large");
                }

                byte digit = i == 0 ? (byte)((field[0] & 0x7F) | (value < 0 ? 0x80 : 0)) : field[i];
                value = (value << 8) | digit;
            }

            return value;
        }

        long number = 0;
        bool digits = false;
        foreach (byte c in field)
        {
            if (c is >= (byte)'0' and <= (byte)'7')
            {
                number = (number << 3) | (uint)(c - '0');
                digits = true;
            }
            else if (digits || c != (byte)' ')
            {
                break;
            }
        }

        return number;
    }

    /// <exception cref="InvalidDataException">The block is no header.</exception>
    internal static void Check(ReadOnlySpan<byte> block)
    {
        // Old programs summed signed bytes.
        long stored = Number(block.Slice(ChecksumAt, 8));
        long unsigned = 0, signed = 0;
        for (int i = 0; i < Size; i++)
        {
            byte c = i is >= ChecksumAt and < ChecksumAt + 8 ? (byte)' ' : block[i];
            unsigned += c;
            signed += (sbyte)c;
        }

        if (stored != unsigned && stored != signed)
        {
            throw new InvalidDataException("a tar header has a wrong checksum: the archive is damaged or none");
        }
    }

    internal static void WriteChecksum(Span<byte> block)
    {
        block.Slice(ChecksumAt, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte c in block)
        {
            sum += c;
        }

        WriteOctal(block.Slice(ChecksumAt, 7), sum);
    }

    /// <summary>Octal digits with a zero byte behind them; false where the number needs more room.</summary>
    internal static bool WriteOctal(Span<byte> field, long number)
    {
        for (int i = field.Length - 2; i >= 0; i--, number >>= 3)
        {
            field[i] = (byte)('0' + (number & 7));
        }

        field[^1] = 0;
        return number == 0;
    }
}
