using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Mpi;

/// <summary>From facts about image and host to a verdict and what to do.</summary>
internal sealed class MpiJudgement(MpiSide image, MpiSide host, LibrarySearch container, IHostFacts facts, HostMpi hostMpi, IReadOnlyList<string> slurm)
{
    private readonly List<string> _advice = [];

    public MpiReport Report()
    {
        if (image.Architecture != host.Architecture)
        {
            return Result(MpiVerdict.OtherArchitecture, $"the image is for {image.Architecture}, this host for {host.Architecture}", false, null);
        }

        if (image.Libraries.Count == 0)
        {
            _advice.Add("programs in it run as single processes, whatever the launcher");
            _advice.Add(host.Libraries.Count > 0
                ? $"install {host.Libraries[0].Family.Name()} in the image, or programs that were linked with it and start them with --mpi"
                : "install an MPI in the image");
            return Result(MpiVerdict.NoneInImage, "the image has no MPI", false, null);
        }

        MpiLibrary inside = image.Libraries[0];
        MpiLibrary? match = null;
        foreach (MpiLibrary candidate in image.Libraries)
        {
            foreach (MpiLibrary other in host.Libraries)
            {
                if (match is null && candidate.Abi == other.Abi)
                {
                    (inside, match) = (candidate, other);
                }
            }
        }

        return match is not null ? SameInterface(inside, match) : NoMatch(inside);
    }

    private MpiReport SameInterface(MpiLibrary inside, MpiLibrary outside)
    {
        string launcher = hostMpi.Launcher is { } program ? program[(program.LastIndexOf('/') + 1)..] : "mpirun";
        if (LauncherDiffers(outside) is { } other)
        {
            launcher = outside.Family == MpiFamily.OpenMpi ? "mpirun.openmpi" : "mpirun.mpich";
            _advice.Add($"{other} on PATH belongs to another family: take that of {outside.Family.Name()}");
        }

        _advice.Add($"start ranks with the host's launcher: {launcher} -n N kerr exec IMAGE PROGRAM");
        SlurmAdvice(inside);
        string? obstacle = Obstacle(outside);
        if (obstacle is not null)
        {
            _advice.Add($"do not use --mpi here: the host's library would not load in the container ({obstacle}); the image's own is used without it");
        }
        else if (MissingFabric(outside) is { } fabric)
        {
            _advice.Add($"the image's MPI lacks {fabric}, which the host's has: add --mpi to use the host's library with its network");
        }
        else
        {
            _advice.Add("--mpi would put the host's library in the place of the image's, if its network is faster");
        }

        string summary = inside.Version == outside.Version
            ? $"the image's {inside.Title} is the same as the host's" : $"the image's {inside.Title} and the host's {outside.Title} have the same interface ({inside.Abi})";
        return Result(MpiVerdict.Works, summary, obstacle is null, obstacle);
    }

    private MpiReport NoMatch(MpiLibrary inside)
    {
        string? type = SlurmType(inside);
        string own = $"on one node the image's own launcher works: kerr exec IMAGE mpirun -n N PROGRAM";
        if (host.Libraries.Count == 0)
        {
            if (type is not null)
            {
                SlurmAdvice(inside);
                return Result(MpiVerdict.WorksWith, $"the host has no MPI of its own, but Slurm can start the image's {inside.Title}", false, null);
            }

            _advice.Add(own);
            _advice.Add($"for more nodes load or install {inside.Family.Name()} on the host, or name it with --host-mpi");
            return Result(MpiVerdict.NoneOnHost, $"the image has {inside.Title}, and no MPI was found on this host", false, null);
        }

        MpiLibrary outside = host.Libraries[0];
        bool sameFamily = (inside.Family == MpiFamily.OpenMpi) == (outside.Family == MpiFamily.OpenMpi);
        string obstacle = $"programs are bound to {inside.SoName}, the host has {outside.SoName}";
        if (sameFamily && inside.Family == MpiFamily.OpenMpi && inside.Generation >= 20 && outside.Generation >= 20)
        {
            // Launcher and ranks speak PMIx across these releases; only the library cannot be exchanged.
            _advice.Add("start ranks with the host's launcher: mpirun -n N kerr exec IMAGE PROGRAM");
            _advice.Add("--mpi cannot be used: " + obstacle);
            return Result(MpiVerdict.Works, $"the image's {inside.Title} can be started by the host's {outside.Title}; their interfaces differ", false, obstacle);
        }

        if (type is not null)
        {
            SlurmAdvice(inside);
            _advice.Add($"the host's mpirun ({outside.Title}) would start N programs of one rank each");
            return Result(MpiVerdict.WorksWith, $"the image has {inside.Title}, the host {outside.Title}: only Slurm can start its ranks", false, obstacle);
        }

        _advice.Add($"the host's launcher would start N programs of one rank each: load or install {inside.Family.Name()} on the host, or name it with --host-mpi");
        _advice.Add(own);
        _advice.Add($"or build the image's programs with {outside.Family.Name()}");
        return Result(MpiVerdict.OtherFamily, $"the image has {inside.Title} ({inside.Abi}), the host {outside.Title} ({outside.Abi}): they do not fit", false, obstacle);
    }

    /// <summary>A launcher on PATH that is not this library's; null when it is, or does not say.</summary>
    private string? LauncherDiffers(MpiLibrary library)
        => hostMpi.Launcher is { } launcher && HostMpi.Family(facts.RealPath(launcher) ?? launcher) is { } family
            && (family == MpiFamily.OpenMpi) != (library.Family == MpiFamily.OpenMpi) ? launcher : null;

    private string? SlurmType(MpiLibrary library)
    {
        MpiAbilities abilities = MpiAbilities.Of(container, library);
        foreach (string type in slurm)
        {
            if (type.StartsWith("pmix", System.StringComparison.Ordinal) && Has(abilities.Managers, MpiAbilities.Pmix))
            {
                return "pmix";
            }
        }

        foreach (string type in slurm)
        {
            if (type == "pmi2" && (Has(abilities.Managers, MpiAbilities.Pmi2) || Has(abilities.Managers, MpiAbilities.Pmi1)))
            {
                return "pmi2";
            }
        }

        return null;
    }

    private void SlurmAdvice(MpiLibrary library)
    {
        if (SlurmType(library) is { } type)
        {
            _advice.Add($"under Slurm: srun --mpi={type} kerr exec IMAGE PROGRAM");
        }
    }

    /// <summary>Why the host's library would not load in the container; null when it would.</summary>
    private string? Obstacle(MpiLibrary library)
        => hostMpi.Search.Read(library.Path) is { } file
            ? new LoadCheck(container, broughtFirst: true).Obstacle(file, new Dictionary<string, ElfFile>()) : "it cannot be read";

    private string? MissingFabric(MpiLibrary outside)
    {
        IReadOnlyList<string> theirs = MpiAbilities.Of(hostMpi.Search, outside).Fabrics;
        foreach (string fabric in theirs)
        {
            if (!Has(image.Abilities.Fabrics, fabric))
            {
                return fabric;
            }
        }

        return null;
    }

    private MpiReport Result(MpiVerdict verdict, string summary, bool canBind, string? obstacle)
        => new(image, host, hostMpi.Launcher, slurm, verdict, summary, _advice, canBind, obstacle);

    private static bool Has(IReadOnlyList<string> names, string name)
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
