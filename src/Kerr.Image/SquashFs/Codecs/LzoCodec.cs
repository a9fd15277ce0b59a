using System;

namespace Kerr.Image.SquashFs.Codecs;

/// <summary>Bare LZO1X blocks. The library's licence keeps it from being linked in, so this reads the format itself.</summary>
/// <remarks>
/// The stream, as Documentation/staging/lzo.rst of the kernel describes it. An instruction's first byte says what it is; lengths that do
/// not fit go on in bytes of 255 each (written as 0). The last two bits of a match say how many literals follow it, none: a literal run comes.
/// <code>
/// 0000LLLL            after a match without literals: L + 3 literals     0000DDSS H   after a literal run: 3 bytes from 2049 + H·4 + D
///                                                                        0000DDSS H   after 1 to 3 literals: 2 bytes from 1 + H·4 + D
/// 0001HLLL D16 (SS)   L + 2 bytes from 16384 + H·16384 + D; 16384 + 0 is the end
/// 001LLLLL D16 (SS)   L + 2 bytes from 1 + D                             LLLDDDSS H   L + 1 bytes from 1 + H·8 + D, for L from 2 on
/// </code>
/// </remarks>
internal sealed class LzoCodec : IBlockCodec
{
    public int Decode(ReadOnlySpan<byte> block, Span<byte> target, int atLeast)
    {
        try
        {
            return new Decoder(block, target).Run();
        }
        catch (Exception outside) when (outside is IndexOutOfRangeException or ArgumentOutOfRangeException or ArgumentException or OverflowException)
        {
            throw BlockCodec.Damaged("lzo", block.Length);
        }
    }

    // All places are checked by the spans that they index.
    private ref struct Decoder(ReadOnlySpan<byte> source, Span<byte> target)
    {
        private readonly ReadOnlySpan<byte> _source = source;
        private readonly Span<byte> _target = target;
        private int _at;
        private int _written;

        // Literals before this instruction: 0 to 3 behind a match, 4 for a run.
        private int _literals;

        internal int Run()
        {
            int first = _source[0];
            if (first > 17)
            {
                _at = 1;
                Literals(first - 17);
                _literals = Math.Min(first - 17, 4);
            }

            while (Step())
            {
            }

            return _at == _source.Length ? _written : throw new ArgumentException("bytes behind the end");
        }

        private bool Step()
        {
            int code = _source[_at++];
            if (code >= 64)
            {
                int distance = 1 + ((code >> 2) & 7) + (_source[_at++] << 3);
                Match(distance, (code >> 5) + 1);
            }
            else if (code >= 32)
            {
                int length = Length(code & 31, 31);
                int low = Pair();
                Match(1 + (low >> 2), length + 2);
            }
            else if (code >= 16)
            {
                int length = Length(code & 7, 7);
                int distance = ((code & 8) << 11) + (Pair() >> 2);
                if (distance == 0)
                {
                    return false;
                }

                Match(distance + 0x4000, length + 2);
            }
            else if (_literals == 0)
            {
                Literals(Length(code, 15) + 3);
                _literals = 4;
                return true;
            }
            else
            {
                int distance = 1 + (code >> 2) + (_source[_at++] << 2);
                Match(_literals == 4 ? distance + 0x800 : distance, _literals == 4 ? 3 : 2);
            }

            // The two bits are in the last byte but one of every match.
            _literals = _source[_at - 2] & 3;
            Literals(_literals);
            return true;
        }

        private int Length(int length, int most)
        {
            if (length != 0)
            {
                return length;
            }

            while (_source[_at] == 0)
            {
                length = checked(length + 255);
                _at++;
            }

            return checked(length + most + _source[_at++]);
        }

        private int Pair()
        {
            int pair = _source[_at] | (_source[_at + 1] << 8);
            _at += 2;
            return pair;
        }

        private void Literals(int count)
        {
            _source.Slice(_at, count).CopyTo(_target[_written..]);
            _at += count;
            _written += count;
        }

        // A match may reach into what it writes: then it repeats.
        private void Match(int distance, int length)
        {
            int from = _written - distance;
            Span<byte> to = _target.Slice(_written, length);
            if (distance >= length)
            {
                _target.Slice(from, length).CopyTo(to);
            }
            else
            {
                ReadOnlySpan<byte> pattern = _target.Slice(from, distance);
                for (int i = 0; i < length; i++)
                {
                    to[i] = pattern[i % distance];
                }
            }

            _written += length;
        }
    }
}
