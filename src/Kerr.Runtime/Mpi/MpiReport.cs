using System;
using System.Collections.Generic;
using Kerr.Image;
using Kerr.Image.Elf;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Mpi;

/// <summary>One side of the comparison: an image, or the host.</summary>
/// <param name="Abilities">Of the first library, or of what there is without one.</param>
public sealed record MpiSide(string Architecture, CLibrary Libc, IReadOnlyList<MpiLibrary> Libraries, MpiAbilities Abilities);

/// <summary>What comes of image and host together.</summary>
public enum MpiVerdict
{
    /// <summary>The host's launcher can start ranks in the image.</summary>
    Works,

    /// <summary>It can under Slurm, with the right <c>--mpi</c>, or with another launcher that the host has.</summary>
    WorksWith,

    /// <summary>Only the image's own launcher can, on one node.</summary>
    OtherFamily,

    /// <summary>The image has no MPI.</summary>
    NoneInImage,

    /// <summary>The host has none.</summary>
    NoneOnHost,

    /// <summary>The image is for another processor.</summary>
    OtherArchitecture,
}

/// <summary>What `kerr mpi check` finds out about an image on this host, and what is to be done.</summary>
/// <param name="Advice">Sentences for the user, the most important first.</param>
/// <param name="BindObstacle">Why <c>--mpi</c> would be refused; null when it would do, or there is nothing to bind.</param>
public sealed record MpiReport(
    MpiSide Image, MpiSide Host, string? Launcher, IReadOnlyList<string> SlurmTypes, MpiVerdict Verdict, string Summary, IReadOnlyList<string> Advice, bool CanBind, string? BindObstacle)
{
    /// <summary>Whether the ranks of a program in the image find each other when a launcher of this host starts them.</summary>
    public bool IsUsable => Verdict is MpiVerdict.Works or MpiVerdict.WorksWith;

    public static MpiReport Of(IImageTree image, string architecture, IHostFacts facts, HostMpi host)
    {
        var search = new LibrarySearch(image, architecture);
        List<MpiLibrary> libraries = MpiLibrary.FindAll(search, []);
        var inside = new MpiSide(architecture, CLibrary.Of(search), libraries, MpiAbilities.Of(search, libraries.Count > 0 ? libraries[0] : null));
        var outside = new MpiSide(
            Architecture.Host, CLibrary.Of(host.Search), host.Libraries, MpiAbilities.Of(host.Search, host.Libraries.Count > 0 ? host.Libraries[0] : null));
        return new MpiJudgement(inside, outside, search, facts, host, SlurmPlugins(facts)).Report();
    }

    /// <summary>What <c>srun --mpi=</c> offers on this host, by its plug-ins.</summary>
    private static List<string> SlurmPlugins(IHostFacts facts)
    {
        var types = new List<string>();
        foreach (string directory in (ReadOnlySpan<string>)["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/slurm/lib"])
        {
            foreach (string name in facts.Files.List(directory) ?? [])
            {
                if (!name.StartsWith("slurm", StringComparison.Ordinal))
                {
                    continue;
                }

                foreach (string plugin in facts.Files.List($"{directory}/{name}") ?? [])
                {
                    if (plugin.StartsWith("mpi_", StringComparison.Ordinal) && plugin.EndsWith(".so", StringComparison.Ordinal)
                        && plugin["mpi_".Length..^".so".Length] is var type && type is not ("none" or "cray_shasta") && !types.Contains(type))
                    {
                        types.Add(type);
                    }
                }
            }
        }

        types.Sort(StringComparer.Ordinal);
        return types;
    }
}

/// <summary>Why an image cannot be looked into for its MPI.</summary>
public static class MpiImage
{
    /// <summary>Its files and processor.</summary>
    /// <exception cref="Linux.UserException">Its files cannot be read without a mount.</exception>
    public static (IImageTree Tree, string Architecture) Open(ImageFile image)
    {
        IImageTree tree = ImageTree.Open(image) ?? throw new Linux.UserException(
            $"the files of {image.Path} cannot be read without mounting it", "convert it: kerr build image.sif " + image.Path);
        return (tree, image.Architecture ?? ElfArchitecture.Of(tree) ?? Architecture.Host);
    }
}
