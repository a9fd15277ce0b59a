using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Devices;

/// <summary>The libraries that the container will have of its own, as far as they can be known before it is mounted.</summary>
internal sealed class ContainerLibraries
{
    private ContainerLibraries(LibrarySearch? search, string? unknown)
    {
        Search = search;
        Unknown = unknown;
    }

    /// <summary>The image's files as its loader sees them; null when they are not known.</summary>
    public LibrarySearch? Search { get; }

    /// <summary>Why nothing can be said about them; null when it can.</summary>
    public string? Unknown { get; }

    /// <param name="architecture">The processor whose libraries count; null for the image's own.</param>
    public static ContainerLibraries Of(PlanContext plan, string? architecture = null)
    {
        if (plan.Image.Tree is not { } tree)
        {
            return new ContainerLibraries(null, "the image's files cannot be read before it is mounted");
        }

        return plan.Request.Overlays.Count > 0
            ? new ContainerLibraries(null, "an overlay may have other libraries than the image")
            : new ContainerLibraries(new LibrarySearch(tree, architecture ?? plan.Image.File.Architecture ?? Architecture.Host), null);
    }

    /// <summary>Takes out of a list what would not load; gives the reasons by name.</summary>
    public SortedDictionary<string, string> Exclude(Dictionary<string, ElfFile> brought, bool broughtFirst)
        => Search is { } search ? new LoadCheck(search, broughtFirst).Exclude(brought) : [];
}
