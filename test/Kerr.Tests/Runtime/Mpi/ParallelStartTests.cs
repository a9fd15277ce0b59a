using Kerr.Image.Elf;
using Kerr.Runtime.Mpi;
using Kerr.Tests.Image.Elf;
using Xunit;

namespace Kerr.Tests.Runtime.Mpi;

public class ParallelStartTests
{
    private const string Lib = "/usr/lib/x86_64-linux-gnu/";
    private const string Mpirun = "OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=2 PMIX_NAMESPACE=1 PMIX_RANK=2";
    private const string Hydra = "PMI_FD=11 PMI_SIZE=4 PMI_RANK=1 MPI_LOCALNRANKS=4";
    private const string Pmi2 = "SLURM_STEP_NUM_TASKS=8 SLURM_PROCID=3 PMI_FD=11 PMI_SIZE=8 PMI_RANK=3";
    private const string Pmix = "SLURM_STEP_NUM_TASKS=8 SLURM_PROCID=3 PMIX_NAMESPACE=slurm.pmix.1.0 PMIX_RANK=3";

    [Theory]
    [InlineData("PATH=/bin", 0, null)]
    [InlineData("SLURM_NTASKS=8 SLURM_PROCID=0", 0, null)]                                  // a batch script
    [InlineData("SLURM_STEP_NUM_TASKS=8 SLURM_PROCID=0 SLURM_MPI_TYPE=none", 0, null)]      // srun --mpi=none: single tasks on purpose
    [InlineData(Mpirun, 4, "Open MPI's mpirun")]
    [InlineData(Hydra, 4, "a launcher like MPICH's mpiexec")]
    [InlineData(Hydra + " SLURM_STEP_NUM_TASKS=2", 4, "a launcher like MPICH's mpiexec")]   // its proxies were started by srun
    [InlineData(Pmi2, 8, "Slurm's srun")]
    [InlineData(Pmix, 8, "Slurm's srun")]
    [InlineData(Pmi2 + " FLUX_JOB_ID=x", 0, null)]
    [InlineData("PMI_FD=x PMI_SIZE=x", 0, null)]
    public void The_environment_says_how_many_start_and_by_what(string environment, int ranks, string? launcher)
    {
        ParallelStart? start = ParallelStart.Of(environment.Split(' '));
        Assert.Equal(ranks, start?.Ranks ?? 0);
        Assert.Equal(launcher, start?.Launcher);
    }

    [Theory]
    [InlineData("openmpi", Mpirun, null)]
    [InlineData("openmpi", Pmix, null)]
    [InlineData("openmpi", Hydra, "offers PMI only, and this library speaks PMIx")]
    [InlineData("openmpi", Pmi2, "offers PMI only, and this library speaks PMIx")]
    [InlineData("openmpi+pmi2", Pmi2, null)]                // built with Slurm's plug-ins
    [InlineData("mpich", Hydra, null)]
    [InlineData("mpich", Pmi2, null)]
    [InlineData("mpich", Mpirun, "offers PMIx only, which this library does not speak")]
    [InlineData("mpich", Pmix, "offers PMIx only, which this library does not speak")]
    [InlineData("mpich", Pmix + " PMI_FD=3", null)]         // both are offered
    [InlineData("mpich+pmix", Pmix, null)]                  // built with PMIx
    public void A_library_and_a_launcher_can_talk_or_not(string image, string environment, string? problem)
    {
        FileTree tree = new FileTree().With(Lib + "libmpi.so.40", ElfBytes.Library("libmpi.so.40", "libopen-pal.so.40"))
            .With(Lib + "libmpich.so.12", image == "mpich+pmix" ? ElfBytes.Library("libmpich.so.12", "libpmix.so.2") : ElfBytes.Library("libmpich.so.12"));
        if (image == "openmpi+pmi2")
        {
            tree.With(Lib + "libpmi2.so.0", ElfBytes.Library("libpmi2.so.0"));
        }

        var search = new LibrarySearch(tree, "amd64");
        MpiLibrary library = MpiLibrary.Of(search, Lib + (image.StartsWith("openmpi") ? "libmpi.so.40" : "libmpich.so.12"), deep: false)!;
        Assert.Equal(problem, SingletonCheck.Problem(search, library, ParallelStart.Of(environment.Split(' '))!));
    }

    [Theory]
    [InlineData("libmpi.so.40", "libopen-rte.so.40", "v4.1.4", MpiFamily.OpenMpi, "4.1.4")]
    [InlineData("libmpi.so.12", "libopen-pal.so.13", "v1.10.7", MpiFamily.OpenMpi, "1.10.7")]
    [InlineData("libmpi.so.12", "libc.so.6", "MPICH Version:\t3.4.2", MpiFamily.Mpich, "3.4.2")]
    [InlineData("libmpich.so.12", "libc.so.6", "4.0.2", MpiFamily.Mpich, "4.0.2")]
    [InlineData("libmpi.so.12", "libc.so.6", "Intel(R) MPI Library 2021.9 for Linux* OS", MpiFamily.IntelMpi, "2021.9")]
    [InlineData("libmpi.so.12", "libc.so.6", "MVAPICH2 Version      :\t2.3.7", MpiFamily.Mvapich, "2.3.7")]
    [InlineData("libmpi.so.12", "libc.so.6", "MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)", MpiFamily.CrayMpich, "8.1.25.17")]
    public void A_library_says_whose_it_is(string name, string needed, string text, MpiFamily family, string version)
    {
        var search = new LibrarySearch(
            new FileTree().With(Lib + name, [.. ElfBytes.Library(name, needed), 0, .. System.Text.Encoding.ASCII.GetBytes(text), 0]), "amd64");
        MpiLibrary library = Assert.Single(MpiLibrary.FindAll(search, []));
        Assert.Equal((family, version, name), (library.Family, library.Version!, library.SoName));
        Assert.Equal(family == MpiFamily.OpenMpi ? "Open MPI" : "MPICH", library.Abi[..library.Abi.LastIndexOf(' ')]);
    }

    [Fact]
    public void Libraries_of_languages_and_damaged_ones_are_none()
    {
        var search = new LibrarySearch(new FileTree()
            .With(Lib + "libmpi_cxx.so.40", ElfBytes.Library("libmpi_cxx.so.40"))
            .With(Lib + "libmpi.so.40", ElfBytes.Library("libmpi.so.40")[..90]), "amd64");
        Assert.Empty(MpiLibrary.FindAll(search, []));
    }
}
