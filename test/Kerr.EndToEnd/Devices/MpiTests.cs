using System;
using System.IO;
using System.Text.Json;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Devices;

/// <summary>`mpi check`, `--mpi`, and the end of launches whose ranks would not meet; with Debian's Open MPI and MPICH as the host's.</summary>
public class MpiTests
{
    private const string Lib = "/usr/lib/x86_64-linux-gnu";
    // Ranks of a directory image that start by themselves are in user namespaces of their own: messages go by TCP there.
    private static readonly Caller s_user = As.User.With("UCX_TLS=self,tcp");
    private static string Kerr => As.UsersProgram.StartsWith('/') ? As.UsersProgram : Tree.Bin(As.UsersProgram);

    private static string? openMpi, mpich, programs;

    /// <summary>An image with Debian's Open MPI and a program that uses it.</summary>
    private static string OpenMpi => openMpi ??= Image("openmpi", "libmpi.so.40", "libopen-rte.so.40", "libopen-pal.so.40", "libhwloc.so.15");

    private static string Mpich => mpich ??= Image("mpich", "libmpich.so.12", "libhwloc.so.15", "libucp.so.0", "libucs.so.0");

    [Fact]
    public void Open_MPI_in_the_image_fits_the_hosts()
    {
        JsonElement report = Check(OpenMpi, 0);
        JsonElement library = Assert.Single(report.GetProperty("image").GetProperty("mpi").EnumerateArray());
        Assert.Equal("Open MPI", library.GetProperty("family").GetString());
        Assert.Equal(Version("libopenmpi3"), library.GetProperty("version").GetString());
        Assert.Equal("libmpi.so.40", library.GetProperty("soname").GetString());
        Assert.Equal("works", report.GetProperty("verdict").GetString());
        Assert.True(report.GetProperty("canBind").GetBoolean());
        Assert.Contains("PMIx", report.GetProperty("image").GetProperty("processManagers").ToString());
        Assert.Equal("glibc", report.GetProperty("image").GetProperty("libc").GetString());
        Assert.Equal(Host.Run("getconf", "GNU_LIBC_VERSION").Trim(), $"glibc {report.GetProperty("image").GetProperty("libcVersion").GetString()}");
    }

    [Fact]
    public void So_does_MPICH_from_a_SIF_file()
    {
        string sif = $"{Host.Directory()}/mpich.sif";
        As.Root.Run("build", sif, Mpich).Succeeds();
        JsonElement report = Check(sif, 0);
        JsonElement library = Assert.Single(report.GetProperty("image").GetProperty("mpi").EnumerateArray());
        Assert.Equal("MPICH", library.GetProperty("family").GetString());
        Assert.Equal(Version("libmpich12"), library.GetProperty("version").GetString());
        Assert.Equal("MPICH 12", library.GetProperty("abi").GetString());
        Assert.Contains("UCX (libucp.so.0)", report.GetProperty("image").GetProperty("fabrics").ToString());
    }

    [Fact]
    public void An_image_without_MPI_is_told_what_is_missing()
    {
        Assert.Equal("none-in-image", Check(Images.Directory, 1).GetProperty("verdict").GetString());
        Assert.Contains("It does not work: the image has no MPI.", As.User.Run("mpi", "check", Images.Directory).Ends(1).Out);
    }

    [Fact]
    public void A_host_with_the_other_family_only_does_not_fit()
    {
        string host = OnlyHost("libmpi.so.40", "libopen-rte.so.40", "libopen-pal.so.40");
        Caller without = As.User.OnHost($"for d in {Lib}/slurm*; do if [ -d $d ]; then mount -t tmpfs none $d; fi; done");
        Result result = without.Run("mpi", "check", "--host-mpi", host, Mpich).Ends(1);
        Assert.Contains($"the image has MPICH {Version("libmpich12")} (MPICH 12), the host Open MPI {Version("libopenmpi3")} (Open MPI 40): they do not fit", result.Out);
        Assert.Contains("\"verdict\": \"other-family\"", without.Run("mpi", "check", "--json", "--host-mpi", host, Mpich).Ends(1).Out);
        As.User.Run("mpi", "check", "--host-mpi", "/etc", Mpich).IsFatal("no MPI library is in /etc");
    }

    [Theory]
    [InlineData("GLIBC_2.2.5 GLIBC_2.3.4 GLIBC_2.4", "2.4", false)]       // older than what the host's library needs
    [InlineData("GLIBC_2.2.5 GLIBC_9.9", "9.9", false)]                   // newer, but without the versions between: as no real one is
    public void A_glibc_that_the_hosts_library_cannot_use_keeps_it_out(string versions, string version, bool canBind)
    {
        ImageTree image = MadeUpHost.WithMadeUpGlibc(versions.Split(' '));
        image.Directory(Lib).Copy($"{Lib}/libmpi.so.40", $"{Lib}/libmpi.so.40");
        JsonElement report = Check(image.Path, 0);
        Assert.Equal(version, report.GetProperty("image").GetProperty("libcVersion").GetString());
        Assert.Equal(canBind, report.GetProperty("canBind").GetBoolean());
        Assert.Contains("of libc.so.6, and the container's goes up to GLIBC_" + version, report.GetProperty("bindObstacle").GetString());
        As.User.Run("exec", "--mpi", image.Path, "true").IsFatal("of this host would not load in the container");
    }

    [Fact]
    public void A_newer_glibc_in_the_image_takes_the_hosts_library()
    {
        // All versions that the host's libraries of MPI want, and newer ones.
        string made = "GLIBC_2.2.5 GLIBC_2.3 GLIBC_2.3.2 GLIBC_2.3.3 GLIBC_2.3.4 GLIBC_2.4 GLIBC_2.7 GLIBC_2.8 GLIBC_2.9 GLIBC_2.10 GLIBC_2.14 GLIBC_2.15 GLIBC_2.16 GLIBC_2.17 "
            + "GLIBC_2.25 GLIBC_2.28 GLIBC_2.32 GLIBC_2.33 GLIBC_2.34 GLIBC_2.36 GLIBC_2.99 GLIBC_ABI_DT_RELR";
        ImageTree image = MadeUpHost.WithMadeUpGlibc(made.Split(' '));
        image.Directory(Lib).Copy($"{Lib}/libmpi.so.40", $"{Lib}/libmpi.so.40");
        JsonElement report = Check(image.Path, 0);
        Assert.Equal("2.99", report.GetProperty("image").GetProperty("libcVersion").GetString());
        Assert.True(report.GetProperty("canBind").GetBoolean(), report.ToString());
    }

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void The_hosts_library_takes_the_place_of_the_images(string family)
    {
        string image = family == "openmpi" ? OpenMpi : Mpich;
        string name = family == "openmpi" ? "libmpi.so.40" : "libmpich.so.12";
        As.User.Run("exec", "--mpi", "--env", "LD_TRACE_LOADED_OBJECTS=1", image, "/bin/ranks").Shows($"{name} => /.singularity.d/libs/first/{name}");
        As.User.Run("exec", "--env", "LD_TRACE_LOADED_OBJECTS=1", image, "/bin/ranks").Hides("/.singularity.d");
        Result result = s_user.Named($"/usr/bin/mpirun.{family}").Run(
            ["-n", "2", .. family == "openmpi" ? (string[])["--oversubscribe"] : [], Kerr, "exec", "--mpi", image, "/bin/ranks"]).Succeeds();
        Assert.Equal(["rank 0 of 2: 1", "rank 1 of 2: 1"], Sorted(result));
    }

    [Fact]
    public void An_image_that_leaves_MPI_to_the_host_runs_with_it()
    {
        string image = MadeUpHost.WithGlibc(Images.New()).Copy("/bin/ranks", Program("openmpi")).Path;
        Result result = As.User.Named("/usr/bin/mpirun.openmpi").Run("-n", "2", "--oversubscribe", Kerr, "exec", "--mpi", image, "/bin/ranks").Succeeds();
        Assert.Equal(["rank 0 of 2: 1", "rank 1 of 2: 1"], Sorted(result));
    }

    [Fact]
    public void The_other_familys_library_does_not()
        => As.User.Run("exec", "--mpi", "--host-mpi", OnlyHost("libmpi.so.40", "libopen-rte.so.40", "libopen-pal.so.40"), Mpich, "true")
            .IsFatal("cannot take the place of the image's MPICH");

    [Theory]
    [InlineData("mpich", "openmpi", "Open MPI's mpirun offers PMIx only, which this library does not speak")]
    [InlineData("openmpi", "mpich", "a launcher like MPICH's mpiexec offers PMI only, and this library speaks PMIx")]
    public void Ranks_that_would_not_meet_end_with_an_error(string family, string launcher, string message)
    {
        string image = family == "openmpi" ? OpenMpi : Mpich;
        Result result = Launch(launcher, image, "/bin/ranks");
        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("of 1", result.Out);
        Assert.Contains("2 ranks would become as many programs of one rank: /bin/ranks uses ", result.Err + result.Out);
        Assert.Contains(message, result.Err + result.Out);
    }

    [Theory]
    [InlineData("openmpi", "openmpi")]
    [InlineData("mpich", "mpich")]
    public void Ranks_that_meet_are_left_alone(string family, string launcher)
        => Assert.Equal(["rank 0 of 2: 1", "rank 1 of 2: 1"], Sorted(Launch(launcher, family == "openmpi" ? OpenMpi : Mpich, "/bin/ranks").Succeeds()));

    [Fact]
    public void So_are_programs_without_MPI_scripts_and_single_starts()
    {
        Assert.Equal(["a", "a"], Sorted(Launch("openmpi", Mpich, "echo", "a").Succeeds()));
        Assert.Equal(["b", "b"], Sorted(Launch("openmpi", Mpich, "sh", "-c", "echo b").Succeeds()));
        As.User.With("PMI_SIZE=1", "PMI_FD=7", "PMI_RANK=0").Run("exec", OpenMpi, "sh", "-c", "true").Succeeds();
    }

    private static Result Launch(string launcher, string image, params string[] command)
        => s_user.Named($"/usr/bin/mpirun.{launcher}").Run(["-n", "2", .. launcher == "openmpi" ? (string[])["--oversubscribe"] : [], Kerr, "exec", image, .. command]);

    private static string[] Sorted(Result result)
    {
        string[] lines = [.. result.Lines];
        Array.Sort(lines, StringComparer.Ordinal);
        return lines;
    }

    private static JsonElement Check(string image, int exitCode, params string[] options)
        => JsonDocument.Parse(As.User.Run(["mpi", "check", "--json", .. options, image]).Ends(exitCode).Out).RootElement;

    /// <summary>The release that Debian's package has: 4.1.4 of 4.1.4-3+b1.</summary>
    private static string Version(string package) => Host.Run("dpkg-query", "-W", "-f", "${Version}", package).Split('-')[0];

    /// <summary>A directory with some of the host's libraries, as another installation would be.</summary>
    private static string OnlyHost(params string[] names)
    {
        string directory = Host.Directory();
        Directory.CreateDirectory(directory + "/lib");
        foreach (string name in names)
        {
            File.Copy($"{Lib}/{name}", $"{directory}/lib/{name}");
        }

        return directory;
    }

    private static string Image(string family, params string[] libraries)
    {
        Need.Feature(File.Exists($"{Lib}/{libraries[0]}"), $"Debian's {family}");
        ImageTree image = MadeUpHost.WithGlibc(Images.New()).Copy("/bin/ranks", Program(family));
        foreach (string name in libraries)
        {
            image.Copy($"{Lib}/{name}", $"{Lib}/{name}");
        }

        // What these need, as the host's loader finds it.
        foreach (string word in Host.Run("ldd", $"{Lib}/{libraries[0]}").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('/') && !File.Exists(image.Path + word))
            {
                image.Copy(word, word);
            }
        }

        // Plug-ins of Open MPI, with what they need, are the least that a rank can meet another by.
        foreach (string directory in family == "openmpi" ? (string[])[$"{Lib}/openmpi/lib/openmpi3", $"{Lib}/pmix2/lib/pmix"] : [])
        {
            foreach (string plugin in Directory.GetFiles(directory, "*.so"))
            {
                if (!plugin.Contains("ucx") && !plugin.Contains("ofi") && !plugin.Contains("openib"))
                {
                    image.Copy(plugin, plugin);
                }
            }
        }

        if (family == "openmpi")
        {
            foreach (string word in Host.Run("ldd", $"{Lib}/openmpi/lib/openmpi3/mca_pmix_ext3x.so").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.StartsWith('/') && !File.Exists(image.Path + word))
                {
                    image.Copy(word, word);
                }
            }
        }

        Host.Run("chroot", image.Path, "/sbin/ldconfig");
        return image.Path;
    }

    /// <summary>Each rank says who it is and how many heard of it; compiled by the family's own compiler.</summary>
    private static string Program(string family)
    {
        Need.Program($"mpicc.{family}");
        programs ??= Host.Directory();
        string program = $"{programs}/ranks.{family}";
        if (!File.Exists(program))
        {
            Host.Write(program + ".c", """
                #include <mpi.h>
                #include <stdio.h>
                int main(int argc, char **argv)
                {
                    int rank, size, sum = 0;
                    MPI_Init(&argc, &argv);
                    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
                    MPI_Comm_size(MPI_COMM_WORLD, &size);
                    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
                    printf("rank %d of %d: %d\n", rank, size, sum);
                    MPI_Finalize();
                    return 0;
                }
                """);
            Host.Run($"mpicc.{family}", "-O1", "-o", program, program + ".c");
        }

        return program;
    }
}
