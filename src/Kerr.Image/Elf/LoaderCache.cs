using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Kerr.Image.Elf;

/// <summary>A library by its name in the loader's cache.</summary>
/// <param name="Flags">What kind of file it is: the low byte 3 for glibc, the second the processor.</param>
/// <param name="Variant">For certain processors only (glibc-hwcaps); a plain file of the name is there as well.</param>
public readonly record struct LoaderCacheEntry(string Name, string Path, int Flags, bool Variant);

/// <summary>The file <c>/etc/ld.so.cache</c>, by which the loader finds libraries by name: read, and written with others added.</summary>
/// <remarks>
/// <code>
/// magic "glibc-ld.so.cache1.1" 20, entries 4, bytes of strings 4, flags 1, 3 unused, extensions 4, 12 unused     = 48
/// entry: flags 4, name 4, path 4, os version 4, hwcap 8                                                          = 24
/// </code>
/// Name and path count from the magic. glibc before 2.32 puts it behind a table of an older format, <c>ld.so-1.7.0</c>,
/// which ends on a multiple of 8. The numbers are in the byte order of the host.
/// </remarks>
public sealed class LoaderCache
{
    private const int HeaderSize = 48, EntrySize = 24, OldHeaderSize = 16, OldEntrySize = 12;
    private const int LongestString = 4096;
    private const byte LittleEndian = 2;

    private readonly List<LoaderCacheEntry> _entries = [];

    private LoaderCache()
    {
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<LoaderCacheEntry> Entries => _entries;

    /// <summary>A cache without entries.</summary>
    public static LoaderCache Empty => new();

    /// <summary>The flags of 64-bit libraries of a processor; of i386 those of its only kind.</summary>
    public static int FlagsOf(string architecture) => architecture switch
    {
        "amd64" => 0x0303,
        "arm64" => 0x0a03,
        "ppc64le" or "ppc64" => 0x0503,
        "s390x" => 0x0403,
        "riscv64" => 0x1003,
        "loong64" => 0x1103,
        "arm" => 0x0903,
        _ => 0x0003,
    };

    /// <exception cref="InvalidDataException">It is damaged, or of a format that is not known here.</exception>
    public static LoaderCache Read(ReadOnlySpan<byte> bytes)
    {
        var cache = new LoaderCache();
        if (bytes.StartsWith("ld.so-1.7.0"u8))
        {
            long count = bytes.Length >= OldHeaderSize ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) : 0;
            long end = (OldHeaderSize + (count * OldEntrySize) + 7) & ~7L;
            if (end > bytes.Length)
            {
                throw new InvalidDataException($"the loader's cache of {bytes.Length} bytes has no room for {count} entries");
            }

            bytes = bytes[(int)end..];
        }

        if (bytes.Length < HeaderSize || !bytes.StartsWith("glibc-ld.so.cache1.1"u8))
        {
            throw new InvalidDataException("the loader's cache does not begin as glibc writes it");
        }

        long entries = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        if (entries > (bytes.Length - HeaderSize) / EntrySize)
        {
            throw new InvalidDataException($"the loader's cache of {bytes.Length} bytes has no room for {entries} entries");
        }

        for (int i = 0; i < entries; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(HeaderSize + (i * EntrySize), EntrySize);
            cache._entries.Add(new LoaderCacheEntry(
                Text(bytes, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])),
                Text(bytes, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])),
                BinaryPrimitives.ReadInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]) != 0));
        }

        return cache;
    }

    /// <summary>The same entries, to which others can be added.</summary>
    public LoaderCache Copy()
    {
        var copy = new LoaderCache();
        copy._entries.AddRange(_entries);
        return copy;
    }

    /// <summary>The path that a name has for a kind of libraries, null if it has none.</summary>
    public string? Find(string name, int flags)
    {
        foreach (LoaderCacheEntry entry in _entries)
        {
            if (!entry.Variant && entry.Flags == flags && entry.Name == name)
            {
                return entry.Path;
            }
        }

        return null;
    }

    /// <summary>Puts a library before all others of its name.</summary>
    public void Add(string name, string path, int flags)
    {
        _entries.RemoveAll(entry => entry.Name == name && entry.Path == path && entry.Flags == flags);
        _entries.Insert(0, new LoaderCacheEntry(name, path, flags, false));
    }

    /// <summary>The file as ldconfig writes it, but without variants for certain processors: their table is not kept.</summary>
    public byte[] Write()
    {
        var entries = new List<LoaderCacheEntry>(_entries.Count);
        foreach (LoaderCacheEntry entry in _entries)
        {
            if (!entry.Variant)
            {
                entries.Add(entry);
            }
        }

        // The loader searches by halves: descending by name, then by flags. List.Sort is not stable, and of equals the first counts.
        var order = new int[entries.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => Compare(entries[b].Name, entries[a].Name) is var names && names != 0 ? names
            : entries[b].Flags.CompareTo(entries[a].Flags) is var flags && flags != 0 ? flags : a.CompareTo(b));

        var strings = new Dictionary<string, int>(StringComparer.Ordinal);
        var table = new List<byte>();
        int start = HeaderSize + (order.Length * EntrySize);
        var bytes = new byte[start];
        "glibc-ld.so.cache1.1"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), order.Length);
        bytes[28] = LittleEndian;
        for (int i = 0; i < order.Length; i++)
        {
            LoaderCacheEntry entry = entries[order[i]];
            Span<byte> target = bytes.AsSpan(HeaderSize + (i * EntrySize), EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(target, entry.Flags);
            BinaryPrimitives.WriteInt32LittleEndian(target[4..], Place(entry.Name));
            BinaryPrimitives.WriteInt32LittleEndian(target[8..], Place(entry.Path));
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), table.Count);
        return [.. bytes, .. table];

        int Place(string text)
        {
            if (!strings.TryGetValue(text, out int place))
            {
                strings[text] = place = start + table.Count;
                table.AddRange(Encoding.Latin1.GetBytes(text));
                table.Add(0);
            }

            return place;
        }
    }

    /// <summary>As the loader compares names: runs of digits by their value, and a digit above any other character.</summary>
    internal static int Compare(string one, string other)
    {
        int i = 0, j = 0;
        while (i < one.Length)
        {
            char a = one[i], b = j < other.Length ? other[j] : '\0';
            if (char.IsAsciiDigit(a) && char.IsAsciiDigit(b))
            {
                int first = Number(one, ref i), second = Number(other, ref j);
                if (first != second)
                {
                    return first < second ? -1 : 1;
                }
            }
            else if (char.IsAsciiDigit(a) || char.IsAsciiDigit(b))
            {
                return char.IsAsciiDigit(a) ? 1 : -1;
            }
            else if (a != b)
            {
                return a - b;
            }
            else
            {
                i++;
                j++;
            }
        }

        return j < other.Length ? -1 : 0;
    }

    // Overflows as the loader's int does; what matters is that both sort alike.
    private static int Number(string text, ref int at)
    {
        int value = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            value = unchecked((value * 10) + (text[at] - '0'));
        }

        return value;
    }

    private static string Text(ReadOnlySpan<byte> bytes, uint at)
    {
        if (at >= bytes.Length)
        {
            throw new InvalidDataException($"a name at {at} lies outside the loader's cache of {bytes.Length} bytes");
        }

        ReadOnlySpan<byte> rest = bytes[(int)at..];
        int end = rest[..Math.Min(rest.Length, LongestString)].IndexOf((byte)0);
        return end >= 0 ? Encoding.Latin1.GetString(rest[..end]) : throw new InvalidDataException($"a name at {at} of the loader's cache has no end");
    }
}
