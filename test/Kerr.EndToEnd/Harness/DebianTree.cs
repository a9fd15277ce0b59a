using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kerr.Tests;

namespace Kerr.EndToEnd.Harness;

/// <summary>Debian trees made by debootstrap from the mirror of this host; made once, and kept in a cache.</summary>
internal static class DebianTree
{
    // From before glibc 2.32 and 2.29; mirrors keep what is supported still.
    private static readonly string[] s_old = ["buster", "bullseye"];

    private static string? path;

    /// <summary>Of this host's release.</summary>
    public static string Directory => path ??= Find();

    /// <summary>Of a release with an older C library than this host's; made once, too.</summary>
    public static string Old
    {
        get
        {
            NeedRoot();
            string? kept = Array.ConvertAll(s_old, Place).FirstOrDefault(static tree => File.Exists(tree + "/etc/os-release"));
            if (kept is not null)
            {
                return kept;
            }

            foreach (string suite in s_old)
            {
                try
                {
                    return Make(Mirror().Mirror, suite);
                }
                catch (InvalidOperationException)
                {
                    // The mirror has dropped it.
                }
            }

            Need.Missing("an older release of Debian on the mirror");
            return "";
        }
    }

    private static string Find()
    {
        NeedRoot();
        (string mirror, string suite) = Mirror();
        return Make(mirror, suite);
    }

    private static void NeedRoot()
    {
        if (Environment.UserName != "root")
        {
            Need.Missing("root, for debootstrap");
        }
    }

    private static string Place(string suite)
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return $"{(string.IsNullOrEmpty(cache) ? "/var/cache" : cache)}/kerr-tests/debian-{suite}";
    }

    private static string Make(string mirror, string suite)
    {
        Need.Program("debootstrap");
        string tree = Place(suite);
        if (!File.Exists(tree + "/etc/os-release"))
        {
            string making = tree + ".new";
            Run("rm", "-rf", making, tree);
            System.IO.Directory.CreateDirectory(making);
            try
            {
                Run("debootstrap", "--variant=minbase", suite, making, mirror);
            }
            catch (InvalidOperationException)
            {
                Run("rm", "-rf", making);
                throw;
            }

            // The way to the mirror is this host's business, not the image's.
            File.WriteAllText(making + "/etc/apt/sources.list", "");
            Run("rm", "-rf", making + "/var/cache/apt/archives", making + "/var/lib/apt/lists");
            System.IO.Directory.Move(making, tree);
        }

        return tree;
    }

    private static void Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {output}");
        }
    }

    /// <summary>The first archive of binary packages in apt's own lists, in either of their two forms.</summary>
    private static (string Mirror, string Suite) Mirror()
    {
        foreach (string list in Lists())
        {
            string? uri = null, suite = null;
            foreach (string line in File.ReadLines(list))
            {
                string[] words = line.Split((char[]?)[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 2 && words[0] == "deb")
                {
                    int at = 1;
                    while (at < words.Length && !words[at].Contains("://", StringComparison.Ordinal) && !words[at].StartsWith('/'))
                    {
                        at++;       // [options]
                    }

                    if (at + 1 < words.Length)
                    {
                        return (words[at], words[at + 1]);
                    }
                }

                uri = words.Length > 1 && words[0] == "URIs:" ? words[1] : uri;
                suite = words.Length > 1 && words[0] == "Suites:" ? words[1] : suite;
                if (uri is not null && suite is not null)
                {
                    return (uri, suite);
                }
            }
        }

        Need.Missing("a mirror in apt's sources");
        return default;
    }

    private static string[] Lists()
    {
        const string single = "/etc/apt/sources.list", parts = "/etc/apt/sources.list.d";
        string[] files = System.IO.Directory.Exists(parts) ? System.IO.Directory.GetFiles(parts) : [];
        Array.Sort(files, StringComparer.Ordinal);
        return File.Exists(single) ? [single, .. files] : files;
    }
}
