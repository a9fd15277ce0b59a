using System;
using System.Collections.Generic;
using Kerr.Image.Elf;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Devices;
using Kerr.Runtime.Launch;
using Kerr.Runtime.Launch.Planning;

namespace Kerr.Runtime.Mpi;

/// <summary>The MPI of the host: its libraries, the first one first, and its launcher.</summary>
/// <remarks>
/// Looked for in the directory that was given; else where LD_LIBRARY_PATH leads (modules set it), beside the launcher on PATH, in the loader's cache, and
/// in the places of distributions and vendors.
/// </remarks>
public sealed record HostMpi(LibrarySearch Search, IReadOnlyList<MpiLibrary> Libraries, string? Launcher)
{
    /// <exception cref="UserException">The directory that was given holds no MPI.</exception>
    public static HostMpi Find(IHostFacts host, string? given)
    {
        var first = new List<string>();
        string? launcher = null;
        if (given is not null)
        {
            string directory = FileSystem.Absolute(given, host.WorkingDirectory ?? "/");
            first.AddRange([directory, directory + "/lib", directory + "/lib64", directory + "/lib/release"]);
            launcher = host.FindProgram("mpirun", $"{directory}/bin:{directory}/../bin");
            var there = new LibrarySearch(host.Files, Architecture.Host, first);
            List<MpiLibrary> found = MpiLibrary.FindAll(there, first).FindAll(library => library.Path.StartsWith(directory + "/", StringComparison.Ordinal));
            return found.Count > 0 ? new HostMpi(there, found, launcher)
                : throw new UserException($"no MPI library is in {directory}", "name the directory that holds libmpi.so.N, or the one above its lib");
        }

        foreach (string directory in (HostDevices.Variable(host, "LD_LIBRARY_PATH") ?? "").Split(':'))
        {
            if (directory.StartsWith('/'))
            {
                first.Add(FileSystem.Clean(directory));
            }
        }

        launcher = host.FindProgram("mpirun", HostDevices.Variable(host, "PATH") ?? "") ?? host.FindProgram("mpiexec", HostDevices.Variable(host, "PATH") ?? "");
        if (launcher is not null && Prefix(host.RealPath(launcher) ?? launcher) is { } prefix)
        {
            first.Add(prefix + "/lib");
            first.Add(prefix + "/lib64");
        }

        var search = new LibrarySearch(host.Files, Architecture.Host, first);
        List<MpiLibrary> libraries = MpiLibrary.FindAll(search, first);

        // The one of the launcher counts most: distributions with two of them choose by alternatives.
        if (launcher is not null && Family(host.RealPath(launcher) ?? launcher) is { } family)
        {
            libraries.Sort((a, b) => (IsOpen(a) == (family == MpiFamily.OpenMpi) ? 0 : 1) - (IsOpen(b) == (family == MpiFamily.OpenMpi) ? 0 : 1));
        }

        return new HostMpi(search, libraries, launcher);
    }

    /// <summary>Which launcher it is, by its file; null when its name does not tell.</summary>
    public static MpiFamily? Family(string launcher)
    {
        string name = launcher[(launcher.LastIndexOf('/') + 1)..];
        return name is "orterun" or "prterun" or "prun" || name.Contains("openmpi", StringComparison.Ordinal) ? MpiFamily.OpenMpi
            : name.Contains("hydra", StringComparison.Ordinal) || name.Contains("mpich", StringComparison.Ordinal) ? MpiFamily.Mpich : null;
    }

    private static bool IsOpen(MpiLibrary library) => library.Family == MpiFamily.OpenMpi;

    // /opt/openmpi of /opt/openmpi/bin/orterun; of a system's own directories nothing is to be learnt.
    private static string? Prefix(string program)
    {
        int name = program.LastIndexOf('/'), bin = name > 0 ? program.LastIndexOf('/', name - 1) : -1;
        return bin > 0 && program[..bin] is not ("/usr" or "/usr/local") ? program[..bin] : null;
    }
}
