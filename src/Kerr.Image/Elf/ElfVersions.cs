using System.Collections.Generic;
using System.IO;

namespace Kerr.Image.Elf;

/// <summary>Symbol versions, as the GNU tools write them; the same layout in files of 32 and 64 bits.</summary>
/// <remarks>
/// <code>
/// Verneed   version 2, count 2, file 4, aux 4, next 4          Verdef    version 2, flags 2, index 2, count 2, hash 4, aux 4, next 4
/// Vernaux   hash 4, flags 2, other 2, name 4, next 4           Verdaux   name 4, next 4
/// </code>
/// <c>aux</c> and <c>next</c> count from the record that they stand in; 0 ends a chain.
/// </remarks>
internal static class ElfVersions
{
    private const int MostRecords = 4096;
    private const int Weak = 2, Base = 1;

    internal static List<ElfVersionNeed> Needs(ElfPages pages, long at, ulong count, ElfStrings strings)
    {
        var needs = new List<ElfVersionNeed>();
        int left = MostRecords;
        for (ulong i = 0; i < count; i++)
        {
            string file = strings.At(pages.Word(at + 4));
            int versions = pages.Half(at + 2);
            long aux = at + pages.Word(at + 8);
            for (int j = 0; j < versions; j++)
            {
                Count(ref left);
                needs.Add(new ElfVersionNeed(file, strings.At(pages.Word(aux + 8)), (pages.Half(aux + 4) & Weak) != 0));
                if (!Advance(ref aux, pages.Word(aux + 12)))
                {
                    break;
                }
            }

            Count(ref left);
            if (!Advance(ref at, pages.Word(at + 12)))
            {
                break;
            }
        }

        return needs;
    }

    internal static List<string> Definitions(ElfPages pages, long at, ulong count, ElfStrings strings)
    {
        var names = new List<string>();
        int left = MostRecords;
        for (ulong i = 0; i < count; i++)
        {
            Count(ref left);

            // The first name is the version's own, those behind it are the versions that it continues.
            if ((pages.Half(at + 2) & Base) == 0 && pages.Half(at + 6) > 0)
            {
                names.Add(strings.At(pages.Word(at + pages.Word(at + 12))));
            }

            if (!Advance(ref at, pages.Word(at + 16)))
            {
                break;
            }
        }

        return names;
    }

    private static bool Advance(ref long at, uint next)
    {
        at += next;
        return next != 0;
    }

    private static void Count(ref int left)
    {
        if (left-- == 0)
        {
            throw new InvalidDataException($"the ELF file has more than {MostRecords} symbol versions");
        }
    }
}
