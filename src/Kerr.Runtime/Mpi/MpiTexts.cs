using System;
using Kerr.Image;

namespace Kerr.Runtime.Mpi;

/// <summary>Family and release of an MPI library by the texts in it, which it would print itself as its version.</summary>
internal static class MpiTexts
{
    private const int Chunk = 1 << 20;
    private const int LongestText = 256;
    private const long MostBytes = 512L << 20;

    public static MpiLibrary Identify(IByteSource content, MpiFamily family, string path, string name)
    {
        string? version = null, bare = null;
        bool certain = false;
        Scan(content, text =>
        {
            if (After(text, "Intel(R) MPI Library ") is { } intel)
            {
                (family, version, certain) = (MpiFamily.IntelMpi, Number(intel) ?? version, true);
            }
            else if (After(text, "CRAY MPICH version ") is { } cray)
            {
                (family, version, certain) = (MpiFamily.CrayMpich, Number(cray) ?? version, true);
            }
            else if (text.StartsWith("MVAPICH", StringComparison.Ordinal) && text.Contains("ersion", StringComparison.Ordinal) && !certain)
            {
                (family, version) = (MpiFamily.Mvapich, Number(text[(text.IndexOf("ersion", StringComparison.Ordinal) + 6)..].TrimStart(' ', '\t', ':')) ?? version);
            }
            else if (family == MpiFamily.OpenMpi && text.Length > 1 && text[0] == 'v' && Number(text[1..]) is { } tagged && tagged.Length == text.Length - 1)
            {
                bare ??= tagged;        // the name of the release in its repository
            }
            else if (After(text, "MPICH Version:\t") is { } plain && Number(plain) is { } release)
            {
                version ??= release;
            }
            else if (family != MpiFamily.OpenMpi && Number(text) is { } number && number.Length == text.Length && number.IndexOf('.', StringComparison.Ordinal) == 1)
            {
                bare ??= number;
            }
        });
        return new MpiLibrary(family, path, name, version ?? bare);
    }

    private static string? After(string text, string mark)
        => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[(at + mark.Length)..] : null;

    /// <summary>A release at the beginning of a text, <c>4.1.4</c> or <c>4.2.0rc1</c>; null if there is none.</summary>
    private static string? Number(string text)
    {
        int dots = 0, at = 0;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && at > 0 && text[at - 1] != '.')))
        {
            dots += text[at++] == '.' ? 1 : 0;
        }

        if (dots is < 1 or > 3 || !char.IsAsciiDigit(text[at - 1]))
        {
            return null;
        }

        int end = at;
        while (end < text.Length && end - at < 6 && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        return text[..end];
    }

    /// <summary>Hands on each text of printable characters that a zero ends, as C keeps its constants.</summary>
    private static void Scan(IByteSource content, Action<string> found)
    {
        var buffer = new byte[Chunk];
        Span<char> text = stackalloc char[LongestText];
        int length = 0;
        long end = Math.Min(content.Length, MostBytes);
        for (long at = 0; at < end; at += Chunk)
        {
            Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(Chunk, end - at));
            content.Read(at, chunk);
            foreach (byte b in chunk)
            {
                if (b is >= 0x20 and < 0x7F or (byte)'\t' or (byte)'\n')
                {
                    if (length < LongestText)
                    {
                        text[length] = (char)b;
                    }

                    length++;
                }
                else
                {
                    if (b == 0 && length is > 2 and <= LongestText)
                    {
                        ReadOnlySpan<char> whole = text[..length];
                        if (char.IsAsciiDigit(whole[0]) || whole[0] is 'v' or 'M' || whole.Contains("MPI", StringComparison.Ordinal))
                        {
                            found(whole.ToString());
                        }
                    }

                    length = 0;
                }
            }
        }
    }
}
