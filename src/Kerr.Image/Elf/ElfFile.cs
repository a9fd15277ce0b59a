using System;
using System.Collections.Generic;
using System.IO;

namespace Kerr.Image.Elf;

/// <summary>A version of symbols that a file wants from another: <c>GLIBC_2.34</c> of <c>libc.so.6</c>.</summary>
/// <param name="Weak">The loader gets on without it.</param>
public readonly record struct ElfVersionNeed(string File, string Version, bool Weak);

/// <summary>What the loader of a system looks at in a program or library: <c>elf(5)</c>, its dynamic section and symbol versions.</summary>
/// <remarks>
/// <code>
/// header → program headers → PT_INTERP             the loader's path
///                          → PT_LOAD               from addresses to places in the file
///                          → PT_DYNAMIC → NEEDED, SONAME, RPATH, RUNPATH   offsets in STRTAB
///                                       → VERNEED → versions wanted, by file
///                                       → VERDEF  → versions defined
/// </code>
/// Section headers are not read: stripped files have none, and the loader does not look at them either.
/// </remarks>
public sealed class ElfFile
{
    private const int MostHeaders = 512;
    private const int MostEntries = 8192;
    private const int MostNeeded = 1024;

    private const uint PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3;
    private const ulong DT_NULL = 0, DT_NEEDED = 1, DT_STRTAB = 5, DT_STRSZ = 10, DT_SONAME = 14, DT_RPATH = 15, DT_RUNPATH = 29;
    private const ulong DT_VERDEF = 0x6ffffffc, DT_VERDEFNUM = 0x6ffffffd, DT_VERNEED = 0x6ffffffe, DT_VERNEEDNUM = 0x6fffffff;

    /// <summary>The processor, by Go's name; null for one that has no name here.</summary>
    public string? Architecture { get; private init; }

    /// <summary>The loader that a program asks for; null in libraries and static programs.</summary>
    public string? Interpreter { get; private set; }

    /// <summary>Whether there is a dynamic section: a library, or a program that is not static.</summary>
    public bool IsDynamic { get; private set; }

    /// <summary>The name under which programs ask for the library, with its generation: <c>libmpi.so.40</c>.</summary>
    public string? SoName { get; private set; }

    /// <summary>Where it wants its libraries looked for before LD_LIBRARY_PATH; null where RUNPATH takes its place.</summary>
    public string? RPath { get; private set; }

    /// <summary>Where it wants its libraries looked for after LD_LIBRARY_PATH.</summary>
    public string? RunPath { get; private set; }

    /// <summary>Libraries that it needs, in the order of the file.</summary>
    public IReadOnlyList<string> Needed { get; private set; } = [];

    public IReadOnlyList<ElfVersionNeed> VersionNeeds { get; private set; } = [];

    /// <summary>Versions of its symbols that others may want, without the name of the file itself.</summary>
    public IReadOnlyList<string> VersionDefinitions { get; private set; } = [];

    /// <summary>Reads a file; null if it is no ELF file.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ElfFile? Read(IByteSource source)
    {
        // e_ident, then e_type … e_phoff, e_phentsize, e_phnum: 52 bytes, 64 in files of 64 bits.
        Span<byte> start = stackalloc byte[52];
        if (source.Length < start.Length)
        {
            return null;
        }

        source.Read(0, start);
        if (!start.StartsWith("\u007fELF"u8) || start[4] is not (1 or 2) || start[5] is not (1 or 2))
        {
            return null;
        }

        var pages = new ElfPages(source);
        pages.SetEncoding(is64: start[4] == 2, isLittle: start[5] == 1);
        var file = new ElfFile { Architecture = ElfArchitecture.Of(start) };
        file.ReadHeaders(pages);
        return file;
    }

    private void ReadHeaders(ElfPages pages)
    {
        bool wide = pages.Is64;
        long table = (long)pages.Wide(wide ? 32 : 28);
        int size = pages.Half(wide ? 54 : 42), count = pages.Half(wide ? 56 : 44);
        if (count > MostHeaders || (count > 0 && size != (wide ? 56 : 32)))
        {
            throw new InvalidDataException($"{count} program headers of {size} bytes are not those of an ELF file");
        }

        if (table < 0 || table > pages.Length || (long)count * size > pages.Length - table)
        {
            throw new InvalidDataException($"{count} program headers at {table} lie outside the ELF file of {pages.Length} bytes");
        }

        var segments = new List<(ulong Address, ulong Size, ulong Offset)>();
        (ulong Offset, ulong Size)? dynamic = null;
        for (int i = 0; i < count; i++)
        {
            long at = table + ((long)i * size);
            ulong offset = pages.Wide(at + (wide ? 8 : 4)), address = pages.Wide(at + (wide ? 16 : 8)), length = pages.Wide(at + (wide ? 32 : 16));
            switch (pages.Word(at))
            {
                case PT_LOAD:
                    segments.Add((address, length, offset));
                    break;
                case PT_DYNAMIC:
                    dynamic = (offset, length);
                    break;
                case PT_INTERP:
                    Interpreter = pages.Text(Place(offset, pages), Place(offset + length, pages));
                    break;
            }
        }

        if (dynamic is { } section)
        {
            IsDynamic = true;
            ReadDynamic(pages, section.Offset, section.Size, segments);
        }
    }

    private void ReadDynamic(ElfPages pages, ulong offset, ulong size, List<(ulong Address, ulong Size, ulong Offset)> segments)
    {
        int width = pages.Is64 ? 8 : 4;
        long at = Place(offset, pages), count = (long)Math.Min(size, MostEntries * 16UL) / (2 * width);
        ulong strings = 0, stringsSize = 0, needs = 0, needCount = 0, definitions = 0, definitionCount = 0;
        ulong? name = null, rpath = null, runpath = null;
        var needed = new List<ulong>();
        for (long i = 0; i < count; i++, at += 2 * width)
        {
            ulong tag = pages.Wide(at), value = pages.Wide(at + width);
            switch (tag)
            {
                case DT_NULL:
                    i = count;
                    break;
                case DT_NEEDED when needed.Count < MostNeeded:
                    needed.Add(value);
                    break;
                case DT_STRTAB:
                    strings = value;
                    break;
                case DT_STRSZ:
                    stringsSize = value;
                    break;
                case DT_SONAME:
                    name = value;
                    break;
                case DT_RPATH:
                    rpath = value;
                    break;
                case DT_RUNPATH:
                    runpath = value;
                    break;
                case DT_VERNEED:
                    needs = value;
                    break;
                case DT_VERNEEDNUM:
                    needCount = value;
                    break;
                case DT_VERDEF:
                    definitions = value;
                    break;
                case DT_VERDEFNUM:
                    definitionCount = value;
                    break;
            }
        }

        if (strings == 0)
        {
            return;
        }

        var table = new ElfStrings(pages, FileOffset(strings, segments, pages), stringsSize);
        var names = new List<string>(needed.Count);
        foreach (ulong library in needed)
        {
            names.Add(table.At(library));
        }

        Needed = names;
        SoName = name is { } soname ? table.At(soname) : null;
        RunPath = runpath is { } run ? table.At(run) : null;
        RPath = RunPath is null && rpath is { } old ? table.At(old) : null;
        if (needs != 0)
        {
            VersionNeeds = ElfVersions.Needs(pages, FileOffset(needs, segments, pages), needCount, table);
        }

        if (definitions != 0)
        {
            VersionDefinitions = ElfVersions.Definitions(pages, FileOffset(definitions, segments, pages), definitionCount, table);
        }
    }

    private static long FileOffset(ulong address, List<(ulong Address, ulong Size, ulong Offset)> segments, ElfPages pages)
    {
        foreach ((ulong start, ulong size, ulong offset) in segments)
        {
            if (address >= start && address - start < size)
            {
                return Place(offset + (address - start), pages);
            }
        }

        throw new InvalidDataException($"address {address} is in no segment of the ELF file");
    }

    private static long Place(ulong offset, ElfPages pages)
        => offset <= (ulong)pages.Length
            ? (long)offset
            : throw new InvalidDataException($"offset {offset} lies outside the ELF file of {pages.Length} bytes");
}

/// <summary>The table that names in the dynamic section are offsets in.</summary>
internal readonly struct ElfStrings(ElfPages pages, long start, ulong size)
{
    private readonly long _end = size <= (ulong)(pages.Length - start)
        ? start + (long)size : throw new InvalidDataException($"the string table of {size} bytes at {start} leaves the ELF file");

    internal string At(ulong offset)
        => offset < (ulong)(_end - start)
            ? pages.Text(start + (long)offset, _end) : throw new InvalidDataException($"offset {offset} is outside the string table of the ELF file");
}
