using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux.Files;

namespace Kerr.Linux.Processes;

/// <summary>The arguments of this process, byte for byte.</summary>
public static class CommandLine
{
    private const int Limit = 64 * 1024 * 1024;

    /// <summary>The exact arguments, each character one byte, without the program's own name.</summary>
    /// <param name="decoded">What <c>Main</c> was given: decoded as UTF-8, so bytes that are none are lost in it.</param>
    /// <exception cref="InvalidDataException">Bytes were lost and /proc is not there to read them from.</exception>
    public static string[] Exact(string[] decoded)
    {
        if (IsAscii(decoded))
        {
            return decoded;
        }

        byte[]? raw = null;

        try
        {
            raw = SmallFile.Read("/proc/self/cmdline", Limit);
        }
        catch (LinuxException)
        {
            // No /proc here: UTF-8 can still be turned back, see below.
        }

        if (raw is not null && Split(raw) is { } all && all.Length > decoded.Length)
        {
            // A program run by `dotnet kerr.dll` has two arguments more in front; the last ones are ours.
            return all[^decoded.Length..];
        }

        return Encode(decoded);
    }

    /// <summary>The strings of a block in which each ends with a zero byte; empty ones count.</summary>
    public static string[] Split(ReadOnlySpan<byte> block)
    {
        List<string> found = [];

        while (!block.IsEmpty)
        {
            int end = block.IndexOf((byte)0);

            if (end < 0)
            {
                end = block.Length;
            }

            found.Add(Encoding.Latin1.GetString(block[..end]));
            block = block[Math.Min(end + 1, block.Length)..];
        }

        return [.. found];
    }

    /// <summary>Turns decoded UTF-8 back into its bytes, where none was lost.</summary>
    public static string[] Encode(string[] decoded)
    {
        string[] exact = new string[decoded.Length];

        for (int i = 0; i < decoded.Length; i++)
        {
            if (decoded[i].Contains('\ufffd', StringComparison.Ordinal))
            {
                throw new InvalidDataException(
                    $"argument {i + 1} is not UTF-8, and its bytes cannot be read because /proc is not mounted");
            }

            exact[i] = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(decoded[i]));
        }

        return exact;
    }

    private static bool IsAscii(string[] texts)
    {
        foreach (string text in texts)
        {
            if (!Ascii.IsValid(text))
            {
                return false;
            }
        }

        return true;
    }
}
