using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using Kerr.Linux;
using Kerr.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Kerr.Runtime.Trace;

/// <summary>What a store is held against: which records it has, and the digest of the last line. Kept elsewhere, too, it shows every rewrite.</summary>
/// <remarks>One line: <c>first last digest host</c>.</remarks>
public readonly record struct TraceHead(long First, long Last, string Digest, string Host)
{
    /// <summary>What digests and ids of launches are written with.</summary>
    internal static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private const string Name = "head";
    private const int Longest = 4096, DigestLength = 64;

    public static TraceHead Empty => new(0, 0, TraceStore.NoLine, SmallFile.TryRead("/proc/sys/kernel/hostname", 256) is { } name ? ByteText.FromNative(name).TrimEnd('\n') : "-");

    /// <summary>The head of a store; null where there is none.</summary>
    /// <exception cref="UserException">It is none.</exception>
    public static TraceHead? Read(string directory)
    {
        byte[]? bytes = SmallFile.TryRead($"{directory}/{Name}", Longest);
        return bytes is null ? null : Parse(Encoding.Latin1.GetString(bytes)) ?? throw new UserException(
            $"{directory}/{Name} is damaged", "compare the store with a head that was kept elsewhere: kerr trace verify --head 'FIRST LAST DIGEST HOST'");
    }

    /// <summary>A head as <see cref="ToString"/> writes it; null for anything else.</summary>
    public static TraceHead? Parse(string text)
    {
        string[] words = text.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var first, var last, { Length: DigestLength } digest, var host] && !digest.AsSpan().ContainsAnyExcept(HexDigits)
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out long from) && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out long to)
            ? new TraceHead(from, to, digest, host) : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First} {Last} {Digest} {Host}");

    internal void Write(string directory) => Replace($"{directory}/{Name}", ToString() + "\n");

    /// <summary>Replaces a small file in one step, also after a crash.</summary>
    internal static void Replace(string path, string text)
    {
        string temporary = path + ".new";
        FileCalls.Unlink(temporary);
        using (SafeFileHandle file = FileCalls.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180))
        {
            FileCalls.Write(file, 0, Encoding.Latin1.GetBytes(text));
            FileCalls.Sync(file);
        }

        FileCalls.Rename(temporary, path);
    }
}
