using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Linux;
using Kerr.Runtime.Devices;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Mpi;

/// <summary><c>--mpi</c>: the host's MPI takes the place of the image's, with what it needs.</summary>
/// <remarks>
/// Libraries go before the container's own, plug-ins and texts to the paths that the libraries have compiled in. The C library is always the container's, and so
/// are general libraries that the container has in a version that will do: only MPI and its networks come whole from the host.
/// </remarks>
internal static class MpiPlan
{
    /// <summary>Libraries that belong to MPI and networks: the host's, even where the container has its own.</summary>
    private static readonly string[] s_own =
    [
        "libmpi", "libmpich", "libmpifort", "libmpicxx", "libopen-", "liboshmem", "libmca_", "libpmix", "libpmi", "libprrte", "libhwloc", "libevent", "libuc",
        "libfabric", "libibverbs", "librdmacm", "libibumad", "libmlx", "libefa", "libpsm", "libcxi", "libxpmem", "libhcoll", "libsharp", "libmunge", "libslurm",
    ];

    private static readonly string[] s_glibc =
    [
        "libc.so.6", "libm.so.6", "libmvec.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libresolv.so.2", "libnsl.so.1", "libanl.so.1",
        "libBrokenLocale.so.1", "libthread_db.so.1",
    ];

    public static void Add(Injection injection)
    {
        PlanContext plan = injection.Plan;
        if (!plan.Request.Mpi)
        {
            return;
        }

        if (!plan.Configuration.UserBindControl)
        {
            throw new UserException(
                "--mpi binds libraries of this host, and the administrator lets users bind nothing: `user bind control = no`",
                "leave --mpi out: then the image's own MPI is used (kerr mpi check IMAGE tells whether the launcher can start it)");
        }

        HostMpi host = Origin.Blaming(plan.Request.Why("host-mpi"), () => HostMpi.Find(plan.Host, plan.Request.HostMpi));
        if (host.Libraries.Count == 0)
        {
            throw new UserException("--mpi: no MPI library was found on this host", "load its module, or name its directory with --host-mpi");
        }

        MpiLibrary library = Choose(injection, host, out MpiLibrary? replaced);
        string why = $"{plan.Request.Why("mpi")}: {library.Title}";
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var plugins = new List<string>();
        new MpiClosure(plan.Host, host.Search, injection.Container.Search, s_own, s_glibc).Collect(library, paths, plugins);

        var brought = new Dictionary<string, ElfFile>(StringComparer.Ordinal);
        foreach ((string name, string path) in paths)
        {
            if (host.Search.Read(path) is { } file)
            {
                brought[name] = file;
            }
        }

        if (injection.Container.Unknown is { } unknown)
        {
            plan.Notes.Verbose($"The host's MPI is not compared with the container's libraries: {unknown}");
        }

        SortedDictionary<string, string> left = injection.Container.Exclude(brought, broughtFirst: true);
        if (left.TryGetValue(library.SoName, out string? reason))
        {
            throw new UserException(
                $"--mpi: {library.Title} of this host would not load in the container: {library.Path}: {Cause(left, reason)}",
                "leave --mpi out: then the image's own MPI is used (kerr mpi check IMAGE tells whether the launcher can start it)");
        }

        foreach ((string name, string leftOut) in left)
        {
            plan.Notes.Skip($"library {name}", leftOut);
        }

        foreach ((string name, string path) in paths)
        {
            if (brought.ContainsKey(name))
            {
                injection.FirstLibraries.Add(new InjectedLibrary(name, path, why));
            }
        }

        if (replaced is not null && replaced.SoName != library.SoName)
        {
            // Debian calls MPICH's library otherwise than MPICH itself does.
            injection.FirstLibraries.Add(new InjectedLibrary(replaced.SoName, library.Path, why));
        }

        foreach (string path in plugins)
        {
            injection.Files.Add(new InjectedFile(path, path, true, why));
        }
    }

    /// <summary>The host's MPI that can stand for the image's.</summary>
    private static MpiLibrary Choose(Injection injection, HostMpi host, out MpiLibrary? replaced)
    {
        replaced = null;
        if (injection.Container.Search is not { } container)
        {
            return host.Libraries[0];
        }

        List<MpiLibrary> own = MpiLibrary.FindAll(container, []);
        foreach (MpiLibrary candidate in host.Libraries)
        {
            foreach (MpiLibrary library in own)
            {
                if (library.Abi == candidate.Abi)
                {
                    replaced = library;
                    return candidate;
                }
            }
        }

        // An image may leave MPI to the host: then the host's first one is what its programs were made for, or their check says so.
        return own.Count == 0 ? host.Libraries[0] : throw new UserException(
            $"--mpi: the host's {Name(host.Libraries[0])} cannot take the place of the image's {Name(own[0])}: programs are bound to one or the other",
            "kerr mpi check IMAGE tells what will do");
    }

    private static string Name(MpiLibrary library) => $"{library.Title} ({library.SoName})";

    // The library's own reason may only be that another one falls.
    private static string Cause(SortedDictionary<string, string> left, string reason)
    {
        foreach ((string name, string other) in left)
        {
            if (reason.Contains($"needs {name},", StringComparison.Ordinal))
            {
                return $"it needs {name}; {other}";
            }
        }

        return reason;
    }
}
