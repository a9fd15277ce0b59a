using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Kerr.Image;
using Kerr.Image.Elf;

namespace Kerr.Runtime.Mpi;

/// <summary>An MPI library of an image or of the host.</summary>
/// <param name="Path">Where it was found.</param>
/// <param name="SoName">The name that programs ask for: <c>libmpi.so.40</c>, <c>libmpich.so.12</c>.</param>
/// <param name="Version">The release, as the file says; null when it does not.</param>
public sealed record MpiLibrary(MpiFamily Family, string Path, string SoName, string? Version)
{
    /// <summary>What programs are bound to: they run with any library of the same interface.</summary>
    /// <remarks>
    /// <code>
    /// Open MPI     libmpi.so.40   3.x 4.x 5.x        libmpi.so.20  2.x     libmpi.so.12  1.10    libmpi.so.1  1.6–1.8
    /// MPICH ABI    libmpi.so.12   MPICH 3.1 and newer, Intel MPI 5 and newer, MVAPICH2 2 and newer, Cray MPICH 7 and newer; Debian: libmpich.so.12
    /// </code>
    /// </remarks>
    public string Abi => Family == MpiFamily.OpenMpi ? $"Open MPI {Generation}" : $"MPICH {Generation}";

    /// <summary>The number at the end of the soname; -1 without one.</summary>
    public int Generation => int.TryParse(SoName.AsSpan(SoName.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    /// <summary><c>Open MPI 4.1.4</c>.</summary>
    public string Title => Version is null ? Family.Name() : $"{Family.Name()} {Version}";

    /// <summary>Whether a name is that of an MPI library itself, not of one of its languages.</summary>
    public static bool IsName(string name)
        => name.StartsWith("libmpi.so.", StringComparison.Ordinal) || name.StartsWith("libmpich.so.", StringComparison.Ordinal);

    /// <summary>What a library is, by its dependencies and, if <paramref name="deep"/>, by the texts in it; null if it is no MPI.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read to its end.</exception>
    public static MpiLibrary? Of(LibrarySearch search, string path, bool deep)
    {
        if (search.Read(path) is not { IsDynamic: true } file || (file.SoName ?? path[(path.LastIndexOf('/') + 1)..]) is not { } name || !IsName(name))
        {
            return null;
        }

        // libmpi.so.12 is both MPICH's and Open MPI 1.10's: only Open MPI has its layers in libraries of their own.
        bool open = false;
        foreach (string needed in file.Needed)
        {
            open |= needed.StartsWith("libopen-pal.", StringComparison.Ordinal) || needed.StartsWith("libopen-rte.", StringComparison.Ordinal);
        }

        MpiFamily family = open || (name.StartsWith("libmpi.so.", StringComparison.Ordinal) && name is not ("libmpi.so.12" or "libmpi.so.10"))
            ? MpiFamily.OpenMpi : MpiFamily.Mpich;
        if (!deep)
        {
            return new MpiLibrary(family, path, name, null);
        }

        using IFileContent? content = search.Files.OpenFile(path);
        return content is null ? new MpiLibrary(family, path, name, null) : MpiTexts.Identify(content, family, path, name);
    }

    /// <summary>All MPI libraries of a system: where the loader looks, and where distributions and vendors put them besides.</summary>
    public static List<MpiLibrary> FindAll(LibrarySearch search, IReadOnlyList<string> more)
    {
        var found = new List<MpiLibrary>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in (ReadOnlySpan<string>)["libmpi.so", "libmpich.so"])
        {
            foreach ((string called, string path) in search.FindAll(name))
            {
                if (IsName(called))
                {
                    Take(path);
                }
            }
        }

        foreach (string directory in (IEnumerable<string>)[.. more, .. LibrarySearch.UsualDirectories(search.Architecture), .. Besides(search.Files)])
        {
            foreach (string name in search.Files.List(directory) ?? [])
            {
                if (IsName(name))
                {
                    Take($"{directory}/{name}");
                }
            }
        }

        return found;

        void Take(string path)
        {
            if (Of(search, path, deep: true) is { } library && seen.Add($"{library.SoName} {library.Version} {library.Family}"))
            {
                found.Add(library);
            }
        }
    }

    /// <summary>A library by its name, where only modules lead to; null if it is there neither.</summary>
    public static string? FindBesides(LibrarySearch search, string name)
    {
        foreach (string directory in Besides(search.Files))
        {
            if (search.Files.TryStat($"{directory}/{name}", out _))
            {
                return $"{directory}/{name}";
            }
        }

        return null;
    }

    /// <summary>Directories that modules name, and the loader does not know.</summary>
    private static List<string> Besides(IImageTree files)
    {
        var directories = new List<string>();
        foreach (string lib in (ReadOnlySpan<string>)["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"])
        {
            foreach (string name in (ReadOnlySpan<string>)["openmpi/lib", "mpich/lib", "mpi/gcc/openmpi4/lib64", "mpi/gcc/openmpi5/lib64", "mpi/gcc/mpich/lib64", "mvapich2/lib"])
            {
                directories.Add($"{lib}/{name}");
            }
        }

        foreach (string parent in (ReadOnlySpan<string>)["/opt", "/usr/local", "/opt/view", "/usr/mpi/gcc"])
        {
            foreach (string name in files.List(parent) ?? [])
            {
                directories.Add($"{parent}/{name}/lib");
                directories.Add($"{parent}/{name}/lib64");
            }
        }

        directories.Add("/opt/view/lib");
        directories.Add("/opt/intel/oneapi/mpi/latest/lib");
        directories.Add("/opt/intel/oneapi/mpi/latest/lib/release");
        directories.Add("/opt/cray/pe/lib64");
        return directories;
    }
}
