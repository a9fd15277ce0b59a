using System;
using System.Collections.Generic;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;

namespace Kerr.EndToEnd.Cluster;

/// <summary>An image with the program of Native/exchange.c for Open MPI and for MPICH, and the libraries and plugins of both as Debian has them.</summary>
internal static class MpiImage
{
    private const string Libraries = "/usr/lib/x86_64-linux-gnu";
    private static ImageTree? tree;
    private static string? sif;

    public static string Sif => sif ??= Tree.Sif("mpi.sif");

    public static string Directory => Tree.Path;

    private static ImageTree Tree => tree ??= Make();

    private static ImageTree Make()
    {
        ImageTree image = Images.New();
        string programs = Host.Directory();
        var files = new List<string>();
        foreach (string mpi in (string[])["openmpi", "mpich"])
        {
            Need.Program($"mpicc.{mpi}");
            Need.Program($"mpirun.{mpi}");
            Host.Run($"mpicc.{mpi}", "-O1", "-Wall", "-Wextra", "-Werror", "-o", $"{programs}/exchange-{mpi}", $"{AppContext.BaseDirectory}/Native/exchange.c");
            image.Copy($"/usr/bin/exchange-{mpi}", $"{programs}/exchange-{mpi}");
            files.Add($"{programs}/exchange-{mpi}");
        }

        // Plugins are opened by name, so ldd of the programs does not know them.
        foreach (string directory in (string[])[$"{Libraries}/openmpi/lib/openmpi3", $"{Libraries}/pmix2/lib/pmix", $"{Libraries}/ucx"])
        {
            foreach (string plugin in System.IO.Directory.Exists(directory) ? System.IO.Directory.GetFiles(directory, "*.so*") : [])
            {
                image.Copy(plugin, plugin);
                files.Add(plugin);
            }
        }

        foreach (string library in Needed(files))
        {
            if (!File.Exists(image.Path + library))
            {
                image.Copy(library, library);
            }
        }

        foreach (string directory in (string[])["/usr/share/openmpi", "/usr/share/pmix2", "/etc/openmpi"])
        {
            if (System.IO.Directory.Exists(directory))
            {
                System.IO.Directory.CreateDirectory(Path.GetDirectoryName(image.Path + directory)!);
                Host.Run("cp", "-rL", directory, image.Path + directory);
            }
        }

        return image;
    }

    /// <summary>Every library that the loader would open for them.</summary>
    private static HashSet<string> Needed(List<string> files)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in Host.Run("sh", "-c", $"ldd {string.Join(' ', files)} 2> /dev/null || true").Split('\n'))
        {
            foreach (string word in line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.StartsWith('/') && !word.EndsWith(':'))
                {
                    found.Add(word);
                }
            }
        }

        return found;
    }
}
