using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Kerr.Tests.Image.Elf;

/// <summary>A library with a dynamic section and nothing else, in any width and byte order.</summary>
/// <remarks>
/// <code>
/// header | program headers: LOAD of all, DYNAMIC | strings | version needs | version definitions | dynamic section
/// </code>
/// It is loaded at 0x10000, so that an address is never taken for a place in the file.
/// </remarks>
internal sealed class ElfBytes
{
    private const ulong LoadedAt = 0x10000;

    private readonly List<byte> _strings = [0];
    private readonly List<(ulong Tag, ulong Value)> _dynamic = [];
    private readonly List<(string File, string[] Versions)> _needs = [];
    private readonly List<string> _definitions = [];

    internal bool Is64 { get; init; } = true;

    internal bool IsLittle { get; init; } = true;

    /// <summary>62: x86-64.</summary>
    internal ushort Machine { get; init; } = 62;

    internal static byte[] Library(string soname, params string[] needed)
    {
        var elf = new ElfBytes();
        elf.SoName(soname);
        foreach (string name in needed)
        {
            elf.Needs(name);
        }

        return elf.Bytes();
    }

    /// <summary>A C library that defines these versions.</summary>
    internal static byte[] Glibc(params string[] versions) => new ElfBytes().SoName("libc.so.6").Defines(versions).Bytes();

    internal ElfBytes SoName(string name) => Entry(14, Text(name));

    internal ElfBytes RunPath(string path) => Entry(29, Text(path));

    internal ElfBytes RPath(string path) => Entry(15, Text(path));

    internal ElfBytes Needs(string name, params string[] versions)
    {
        if (versions.Length > 0)
        {
            _needs.Add((name, versions));
        }

        return Entry(1, Text(name));
    }

    internal ElfBytes Defines(params string[] versions)
    {
        _definitions.AddRange(versions);
        return this;
    }

    internal byte[] Bytes()
    {
        int header = Is64 ? 64 : 52, segment = Is64 ? 56 : 32, width = Is64 ? 8 : 4;
        byte[] needs = VersionNeeds(), definitions = VersionDefinitions();
        int strings = header + (2 * segment);
        int needsAt = Aligned(strings + _strings.Count), definitionsAt = Aligned(needsAt + needs.Length), dynamicAt = Aligned(definitionsAt + definitions.Length);

        List<(ulong Tag, ulong Value)> entries = [(5, LoadedAt + (ulong)strings), (10, (ulong)_strings.Count), .. _dynamic];
        if (_needs.Count > 0)
        {
            entries.Add((0x6ffffffe, LoadedAt + (ulong)needsAt));
            entries.Add((0x6fffffff, (ulong)_needs.Count));
        }

        if (_definitions.Count > 0)
        {
            entries.Add((0x6ffffffc, LoadedAt + (ulong)definitionsAt));
            entries.Add((0x6ffffffd, (ulong)_definitions.Count + 1));
        }

        entries.Add((0, 0));
        int dynamicSize = entries.Count * 2 * width;
        var bytes = new byte[dynamicAt + dynamicSize];
        "\u007fELF"u8.CopyTo(bytes);
        bytes[4] = (byte)(Is64 ? 2 : 1);
        bytes[5] = (byte)(IsLittle ? 1 : 2);
        bytes[6] = 1;
        Half(bytes, 16, 3);
        Half(bytes, 18, Machine);
        Wide(bytes, Is64 ? 32 : 28, (ulong)header);
        Half(bytes, Is64 ? 54 : 42, (ushort)segment);
        Half(bytes, Is64 ? 56 : 44, 2);
        Segment(bytes, header, 1, 0, (ulong)bytes.Length);
        Segment(bytes, header + segment, 2, dynamicAt, (ulong)dynamicSize);
        _strings.CopyTo(bytes, strings);
        needs.CopyTo(bytes, needsAt);
        definitions.CopyTo(bytes, definitionsAt);
        for (int i = 0; i < entries.Count; i++)
        {
            Wide(bytes, dynamicAt + (2 * i * width), entries[i].Tag);
            Wide(bytes, dynamicAt + (((2 * i) + 1) * width), entries[i].Value);
        }

        return bytes;
    }

    private static int Aligned(int at) => (at + 7) & ~7;

    private ElfBytes Entry(ulong tag, int value)
    {
        _dynamic.Add((tag, (ulong)value));
        return this;
    }

    private int Text(string text)
    {
        int at = _strings.Count;
        _strings.AddRange(Encoding.Latin1.GetBytes(text));
        _strings.Add(0);
        return at;
    }

    private byte[] VersionNeeds()
    {
        var bytes = new List<byte>();
        for (int i = 0; i < _needs.Count; i++)
        {
            (string file, string[] versions) = _needs[i];
            var record = new byte[16 * (1 + versions.Length)];
            Half(record, 0, 1);
            Half(record, 2, (ushort)versions.Length);
            Word(record, 4, (uint)Text(file));
            Word(record, 8, 16);
            Word(record, 12, i + 1 < _needs.Count ? (uint)record.Length : 0);
            for (int j = 0; j < versions.Length; j++)
            {
                int at = 16 * (j + 1);
                Half(record, at + 4, (ushort)(versions[j].StartsWith('?') ? 2 : 0));
                Word(record, at + 8, (uint)Text(versions[j].TrimStart('?')));
                Word(record, at + 12, j + 1 < versions.Length ? 16u : 0);
            }

            bytes.AddRange(record);
        }

        return [.. bytes];
    }

    private byte[] VersionDefinitions()
    {
        if (_definitions.Count == 0)
        {
            return [];
        }

        var bytes = new List<byte>();
        List<string> all = ["libself.so.0", .. _definitions];
        for (int i = 0; i < all.Count; i++)
        {
            var record = new byte[28];
            Half(record, 0, 1);
            Half(record, 2, (ushort)(i == 0 ? 1 : 0));
            Half(record, 4, (ushort)(i + 1));
            Half(record, 6, 1);
            Word(record, 12, 20);
            Word(record, 16, i + 1 < all.Count ? 28u : 0);
            Word(record, 20, (uint)Text(all[i]));
            bytes.AddRange(record);
        }

        return [.. bytes];
    }

    private void Segment(byte[] bytes, int at, uint type, int offset, ulong size)
    {
        Word(bytes, at, type);
        Wide(bytes, at + (Is64 ? 8 : 4), (ulong)offset);
        Wide(bytes, at + (Is64 ? 16 : 8), LoadedAt + (ulong)offset);
        Wide(bytes, at + (Is64 ? 32 : 16), size);
    }

    private void Half(byte[] bytes, int at, ushort value)
    {
        if (IsLittle)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), value);
        }
    }

    private void Word(byte[] bytes, int at, uint value)
    {
        if (IsLittle)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
        }
    }

    private void Wide(byte[] bytes, int at, ulong value)
    {
        if (!Is64)
        {
            Word(bytes, at, (uint)value);
        }
        else if (IsLittle)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), value);
        }
    }
}
