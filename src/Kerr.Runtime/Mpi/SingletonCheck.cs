using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Image.Elf;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Mpi;

/// <summary>Ends a launch of which it is certain that N ranks would become N programs of one rank, each with a wrong answer.</summary>
/// <remarks>
/// Certain means: the environment shows more than one rank, the program is an ELF file of the image that needs an MPI library, and that library speaks none of the
/// protocols that the launcher offers. Scripts and programs without MPI are started as ever: many tasks of one step are often meant to be single.
/// Nothing is read where no launcher is to be seen.
/// </remarks>
internal static class SingletonCheck
{
    public static void Run(PlanContext plan)
    {
        LaunchRequest request = plan.Request;
        if (request.Action != LaunchAction.Exec || request.Mpi || request.Arguments.Count == 0 || plan.Image.Tree is not { } tree
            || ParallelStart.Of(plan.Host.Environment) is not { Ranks: > 1 } start || Program(plan, tree) is not { } path)
        {
            return;
        }

        var search = new LibrarySearch(tree, plan.Image.File.Architecture ?? Architecture.Host, Paths(tree, path));
        if (Needed(search, path, [], 0) is { } library && Problem(search, library, start) is { } problem)
        {
            throw new UserException(
                $"{start.Ranks.ToString(System.Globalization.CultureInfo.InvariantCulture)} ranks would become as many programs of one rank: {path} uses {library.Title} ({library.SoName}), "
                + $"and {start.Launcher} {problem}",
                Remedy(library, start, plan.Image.Path));
        }
    }

    /// <summary>What stands between a launcher and a library; null when they can talk, or it is not certain that they cannot.</summary>
    internal static string? Problem(LibrarySearch search, MpiLibrary library, ParallelStart start)
    {
        MpiAbilities abilities = MpiAbilities.Of(search, library);
        bool pmix = Contains(abilities.Managers, MpiAbilities.Pmix) || search.Find("libpmix.so.2") is not null && library.Family != MpiFamily.Mpich;
        bool pmi = Contains(abilities.Managers, MpiAbilities.Pmi1) || Contains(abilities.Managers, MpiAbilities.Pmi2);
        if ((start.HasPmix && pmix) || (start.HasPmi && pmi) || library.Generation < 0)
        {
            return null;
        }

        return start.HasPmix ? "offers PMIx only, which this library does not speak" : "offers PMI only, and this library speaks PMIx";
    }

    private static string Remedy(MpiLibrary library, ParallelStart start, string image)
        => start.Slurm
            ? $"srun --mpi={(library.Family == MpiFamily.OpenMpi ? "pmix" : "pmi2")} …; kerr mpi check {image} tells more"
            : $"start it with the mpirun of {library.Family.Name()}, or as many single programs on purpose: sh -c 'exec …'; kerr mpi check {image} tells more";

    /// <summary>The program's file in the image; null for what is none, or lies where the host's files will be.</summary>
    private static string? Program(PlanContext plan, IImageTree tree)
    {
        string name = plan.Request.Arguments[0];
        if (name.StartsWith('/'))
        {
            return IsProgram(tree, name) ? name : null;
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        foreach (string directory in Environment.HostEnvironment.DefaultPath.Split(':'))
        {
            if (IsProgram(tree, $"{directory}/{name}"))
            {
                return $"{directory}/{name}";
            }
        }

        return null;
    }

    private static bool IsProgram(IImageTree tree, string path) => tree.TryStat(path, out ImageEntry entry) && entry.Kind == FileKind.Regular;

    private static string[] Paths(IImageTree tree, string path)
    {
        using IFileContent? content = tree.OpenFile(path);
        try
        {
            return content is not null && ElfFile.Read(content) is { } file
                ? (file.RPath ?? file.RunPath ?? "").Replace("$ORIGIN", path[..Math.Max(1, path.LastIndexOf('/'))], StringComparison.Ordinal)
                    .Split(':', StringSplitOptions.RemoveEmptyEntries)
                : [];
        }
        catch (System.IO.InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>The MPI library that a program needs, itself or by one of its libraries.</summary>
    private static MpiLibrary? Needed(LibrarySearch search, string path, HashSet<string> seen, int depth)
    {
        const int Deepest = 6, Most = 200;
        if (depth > Deepest || seen.Count > Most || search.Read(path) is not { } file)
        {
            return null;
        }

        foreach (string needed in file.Needed)
        {
            if (MpiLibrary.IsName(needed))
            {
                return (search.Find(needed) ?? MpiLibrary.FindBesides(search, needed)) is { } found ? MpiLibrary.Of(search, found, deep: false) : null;
            }
        }

        foreach (string needed in file.Needed)
        {
            if (seen.Add(needed) && !needed.StartsWith("libc.", StringComparison.Ordinal) && search.Find(needed) is { } below
                && Needed(search, below, seen, depth + 1) is { } library)
            {
                return library;
            }
        }

        return null;
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        foreach (string candidate in names)
        {
            if (candidate == name)
            {
                return true;
            }
        }

        return false;
    }
}
