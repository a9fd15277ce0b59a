using System;
using System.Collections.Generic;
using Kerr.Image.Elf;

namespace Kerr.Runtime.Mpi;

/// <summary>By which protocols the ranks of an MPI find each other, and which networks it knows, by the libraries around it.</summary>
/// <param name="Managers">Of <c>PMIx</c>, <c>PMI-1</c>, <c>PMI-2</c>.</param>
/// <param name="Fabrics">Libraries for networks that are there: <c>UCX (libucp.so.0)</c>.</param>
public sealed record MpiAbilities(IReadOnlyList<string> Managers, IReadOnlyList<string> Fabrics)
{
    public const string Pmix = "PMIx", Pmi1 = "PMI-1", Pmi2 = "PMI-2";

    private static readonly (string Name, string Library)[] s_fabrics =
    [
        ("UCX", "libucp.so.0"), ("libfabric", "libfabric.so.1"), ("verbs", "libibverbs.so.1"), ("PSM2", "libpsm2.so.2"),
        ("Slingshot", "libcxi.so.1"), ("XPMEM", "libxpmem.so.0"), ("KNEM or HCOLL", "libhcoll.so.1"),
    ];

    public static MpiAbilities Of(LibrarySearch search, MpiLibrary? library)
    {
        var managers = new List<string>();
        bool pmix = Has(search, "libpmix.so.2", library), slurm1 = Has(search, "libpmi.so.0", library), slurm2 = Has(search, "libpmi2.so.0", library);
        if (library is { Family: MpiFamily.OpenMpi })
        {
            // Since 2.x PMIx is part of it; the older protocols are plug-ins that need Slurm's libraries.
            if (library.Generation >= 20)
            {
                managers.Add(Pmix);
            }

            Add(slurm1, Pmi1);
            Add(slurm2, Pmi2);
        }
        else if (library is not null)
        {
            managers.Add(Pmi1);
            managers.Add(Pmi2);
            Add(Needs(search, library.Path, "libpmix.so.", 0), Pmix);
        }
        else
        {
            Add(pmix, Pmix);
            Add(slurm1, Pmi1);
            Add(slurm2, Pmi2);
        }

        var fabrics = new List<string>();
        foreach ((string name, string file) in s_fabrics)
        {
            if (Has(search, file, library))
            {
                fabrics.Add($"{name} ({file})");
            }
        }

        return new MpiAbilities(managers, fabrics);

        void Add(bool has, string manager)
        {
            if (has)
            {
                managers.Add(manager);
            }
        }
    }

    /// <summary>Whether a library, or one that it brings along, needs one of this name.</summary>
    public static bool Needs(LibrarySearch search, string path, string prefix, int depth)
    {
        const int Deepest = 4;
        foreach (string needed in search.Read(path)?.Needed ?? [])
        {
            if (needed.StartsWith(prefix, StringComparison.Ordinal)
                || (depth < Deepest && needed.StartsWith("libpm", StringComparison.Ordinal) && search.Find(needed) is { } below && Needs(search, below, prefix, depth + 1)))
            {
                return true;
            }
        }

        return false;
    }

    // Vendors put what their MPI needs beside it.
    private static bool Has(LibrarySearch search, string name, MpiLibrary? library)
        => search.Find(name) is not null || (library is not null && search.Files.TryStat($"{library.Path[..library.Path.LastIndexOf('/')]}/{name}", out _));
}
