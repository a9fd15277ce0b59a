using System;
using System.IO;
using System.Text;

namespace Kerr.Registry.Layers;

/// <summary>Writes a tar archive: ustar, with extended headers where a field is too small for what it must hold.</summary>
public sealed class TarWriter(Stream target)
{
    private const int NameSize = 100, LinkSize = 100;
    private readonly byte[] _block = new byte[TarHeader.Size];
    private readonly byte[] _copy = new byte[1 << 18];

    /// <summary>Writes an entry; <paramref name="content"/> hands out its bytes, exactly as many as it says, when it is a file.</summary>
    public void Write(TarEntry entry, TarReader? content = null)
    {
        WriteHeader(entry);
        if (entry.Kind != TarKind.File)
        {
            return;
        }

        long left = entry.Size;
        for (int count; content is not null && (count = content.Read(_copy)) > 0; left -= count)
        {
            target.Write(_copy, 0, count);
        }

        if (left != 0)
        {
            throw new InvalidDataException($"{entry.Name} has {left} bytes fewer than it says");
        }

        Pad(entry.Size);
    }

    /// <summary>Writes a file whose content is at hand.</summary>
    public void Write(TarEntry entry, ReadOnlySpan<byte> content)
    {
        WriteHeader(entry with { Size = content.Length });
        target.Write(content);
        Pad(content.Length);
    }

    /// <summary>Writes the mark of the end.</summary>
    public void Finish()
    {
        _block.AsSpan().Clear();
        target.Write(_block);
        target.Write(_block);
        target.Flush();
    }

    private void WriteHeader(TarEntry entry)
    {
        WriteExtension(entry);
        Span<byte> block = _block;
        block.Clear();
        Put(block[..NameSize], entry.Name);
        TarHeader.WriteOctal(block.Slice(100, 8), entry.Mode);
        TarHeader.WriteOctal(block.Slice(108, 8), Fits(entry.Uid, 21) ? entry.Uid : 0);
        TarHeader.WriteOctal(block.Slice(116, 8), Fits(entry.Gid, 21) ? entry.Gid : 0);
        TarHeader.WriteOctal(block.Slice(124, 12), Fits(entry.Size, 33) ? entry.Size : 0);
        TarHeader.WriteOctal(block.Slice(136, 12), entry.ModifiedAt);
        block[TarHeader.TypeAt] = entry.Kind switch
        {
            TarKind.HardLink => (byte)'1',
            TarKind.SymbolicLink => (byte)'2',
            TarKind.CharacterDevice => (byte)'3',
            TarKind.BlockDevice => (byte)'4',
            TarKind.Directory => (byte)'5',
            TarKind.Fifo => (byte)'6',
            _ => (byte)'0',
        };
        Put(block.Slice(157, LinkSize), entry.LinkName);
        "ustar\000"u8.CopyTo(block[257..]);
        TarHeader.WriteOctal(block.Slice(329, 8), entry.DeviceMajor & 0x1F_FFFF);
        TarHeader.WriteOctal(block.Slice(337, 8), entry.DeviceMinor & 0x1F_FFFF);
        TarHeader.WriteChecksum(block);
        target.Write(_block);
    }

    // Only what does not fit: most entries have none, and a reader is quicker for it.
    private void WriteExtension(TarEntry entry)
    {
        bool plain = entry.Name.Length <= NameSize && entry.LinkName.Length <= LinkSize && Fits(entry.Uid, 21) && Fits(entry.Gid, 21)
            && Fits(entry.Size, 33) && entry.Attributes.Count == 0;
        if (plain)
        {
            return;
        }

        using var records = new MemoryStream();
        if (entry.Name.Length > NameSize)
        {
            Record(records, "path", Encoding.Latin1.GetBytes(entry.Name));
        }

        if (entry.LinkName.Length > LinkSize)
        {
            Record(records, "linkpath", Encoding.Latin1.GetBytes(entry.LinkName));
        }

        Record(records, "uid", entry.Uid, 21);
        Record(records, "gid", entry.Gid, 21);
        Record(records, "size", entry.Size, 33);
        foreach (TarAttribute attribute in entry.Attributes)
        {
            Record(records, "SCHILY.xattr." + attribute.Name, attribute.Value);
        }

        Span<byte> block = _block;
        block.Clear();
        Put(block[..NameSize], "pax");
        TarHeader.WriteOctal(block.Slice(100, 8), 0b110_100_100);
        TarHeader.WriteOctal(block.Slice(124, 12), records.Length);
        block[TarHeader.TypeAt] = (byte)'x';
        "ustar\000"u8.CopyTo(block[257..]);
        TarHeader.WriteChecksum(block);
        target.Write(_block);
        target.Write(records.GetBuffer(), 0, (int)records.Length);
        Pad(records.Length);
    }

    private static void Record(MemoryStream records, string key, long number, int bits)
    {
        if (!Fits(number, bits))
        {
            Record(records, key, Encoding.ASCII.GetBytes($"{number}"));
        }
    }

    private static void Record(MemoryStream records, string key, ReadOnlySpan<byte> value)
    {
        // The length counts itself.
        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + $"{length}".Length)
        {
            length = rest + $"{length}".Length;
        }

        records.Write(Encoding.Latin1.GetBytes($"{length} {key}="));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static bool Fits(long number, int bits) => number >> bits == 0;

    private static void Put(Span<byte> field, string text)
        => Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, field.Length)), field);

    private void Pad(long size)
    {
        int count = (int)((TarHeader.Size - (size % TarHeader.Size)) % TarHeader.Size);
        _block.AsSpan(0, count).Clear();
        target.Write(_block, 0, count);
    }
}
