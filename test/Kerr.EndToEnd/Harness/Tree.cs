using System;
using System.IO;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>The published tree under test, and the directory of this run.</summary>
internal static class Tree
{
    private static string? root;
    private static string? run;

    /// <summary>The tree that KERR_OUT names, or `out` above the test binary; a copy of it where ordinary users cannot reach it.</summary>
    public static string Root => root ??= Find();

    public static string Bin(string name) => $"{Root}/bin/{name}";

    /// <summary>A directory of this run that everybody can read, removed when the tests end.</summary>
    public static string Run
    {
        get
        {
            if (run is null)
            {
                run = Directory.CreateTempSubdirectory("kerr-e2e-").FullName;
                File.SetUnixFileMode(run, Modes.Everybody);
            }

            return run;
        }
    }

    /// <summary>Removes the directory of this run.</summary>
    public static void RemoveRun()
    {
        if (run is not null)
        {
            Host.Run("rm", "-rf", run);
        }
    }

    /// <summary>Copies the tree, with its links and modes.</summary>
    public static void CopyTo(string destination) => Host.Run("cp", "-a", Root, destination);

    private static string Find()
    {
        string? found = Environment.GetEnvironmentVariable("KERR_OUT");
        for (string? directory = AppContext.BaseDirectory; found is null && directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists($"{directory}/out/bin/kerr"))
            {
                found = $"{directory}/out";
            }
        }

        if (found is null || !File.Exists($"{found}/bin/kerr"))
        {
            Need.Missing("the published tree (make build, or KERR_OUT)");
        }

        for (string? directory = found; !string.IsNullOrEmpty(directory); directory = Path.GetDirectoryName(directory))
        {
            if ((File.GetUnixFileMode(directory) & UnixFileMode.OtherExecute) == 0)
            {
                Host.Run("cp", "-a", found!, $"{Run}/tree");
                return $"{Run}/tree";
            }
        }

        return found!;
    }
}
