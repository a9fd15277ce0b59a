using System;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Cluster;

/// <summary>Programs of Open MPI and MPICH in an image, started by their own launchers and by Slurm; messages of 4 MiB, where ranks that do not share hang or abort.</summary>
public class MpiTests
{
    private const string Agreed = "ranks agree on 0 wrong words, copies: ";

    [Theory]
    [InlineData("openmpi", "")]
    [InlineData("openmpi", "-C")]
    [InlineData("openmpi", "-c")]
    [InlineData("mpich", "")]
    [InlineData("mpich", "-C")]
    [InlineData("mpich", "-c")]
    public void Ranks_of_mpirun_agree(string mpi, string option)
        => Launch(mpi, 4, [.. Options(option), MpiImage.Sif]).Prints($"4 {Agreed}{Copies(mpi)}");

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void Ranks_of_a_directory_agree_too(string mpi) => Launch(mpi, 2, [MpiImage.Directory]).Prints($"2 {Agreed}{Copies(mpi)}");

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void Ranks_of_Slurm_agree(string option)
    {
        string image = MpiImage.Sif;
        using SlurmCluster slurm = SlurmCluster.Start();
        foreach (string mpi in (string[])["openmpi", "mpich"])
        {
            // With --export a variable is the step's alone; see exchange.c for why MPICH between nodes wants it.
            slurm.Run([mpi == "mpich" ? "--export=ALL,EXCHANGE_QUIT=1,APPTAINERENV_EXCHANGE_QUIT=1" : "--export=ALL", "-N4", "-n8", mpi == "mpich" ? "--mpi=pmi2" : "--mpi=pmix", Tree.Bin("kerr"), "exec", .. Options(option), image, $"exchange-{mpi}", "8"])
                .Shows($"8 {Agreed}{Copies(mpi)}");
        }
    }

    [Fact]
    public void The_example_job_script_runs()
    {
        string source = Environment.GetEnvironmentVariable("KERR_SOURCE") ?? "";
        Need.Feature(System.IO.File.Exists($"{source}/docs/clusters.md"), "the sources (KERR_SOURCE)");
        string guide = System.IO.File.ReadAllText($"{source}/docs/clusters.md");
        int from = guide.IndexOf("#!/bin/bash\n#SBATCH", StringComparison.Ordinal);
        string script = guide[from..guide.IndexOf("```", from, StringComparison.Ordinal)];
        Assert.Contains("/project/bin/solver", script, StringComparison.Ordinal);
        Assert.Equal($"8 {Agreed}cma\n", Batch(script.Replace("/project/bin/solver", "exchange-openmpi 8", StringComparison.Ordinal)));
    }

    // The nodes of the test have one /tmp, hence --force.
    [Fact]
    public void A_file_that_sbcast_brought_to_the_nodes_runs()
        => Assert.Equal($"8 {Agreed}cma\n", Batch("""
            #!/bin/bash
            #SBATCH --nodes=4
            #SBATCH --ntasks=8
            sbcast --force solver.sif /tmp/solver.$SLURM_JOB_ID && srun --mpi=pmix kerr exec /tmp/solver.$SLURM_JOB_ID exchange-openmpi 8
            rm /tmp/solver.$SLURM_JOB_ID

            """));

    /// <summary>What a job script prints, in a directory with solver.sif.</summary>
    private static string Batch(string script)
    {
        string directory = Host.Directory(TestUser.First);
        System.IO.File.Copy(MpiImage.Sif, $"{directory}/solver.sif");
        Host.Own($"{directory}/solver.sif", TestUser.First);
        Host.Write($"{directory}/job.sh", script);
        using SlurmCluster slurm = SlurmCluster.Start();
        slurm.User.Named("/usr/bin/sbatch").With($"PATH={Tree.Root}/bin:{Caller.DefaultPath}")
            .Run("--wait", $"--chdir={directory}", "--output=job.out", $"{directory}/job.sh").Succeeds();
        return System.IO.File.ReadAllText($"{directory}/job.out");
    }

    private static Result Launch(string mpi, int ranks, string[] image)
    {
        // Open MPI counts processors, and this host may have fewer.
        string[] launcher = mpi == "openmpi" ? ["--oversubscribe", "-np", $"{ranks}"] : ["-np", $"{ranks}"];
        return As.User.Named($"/usr/bin/mpirun.{mpi}").With("OMPI_MCA_rmaps_base_oversubscribe=1").Run([.. launcher, Tree.Bin("kerr"), "exec", .. image, $"exchange-{mpi}", $"{ranks}"]);
    }

    private static string[] Options(string option) => option.Length == 0 ? [] : [option];

    private static string Copies(string mpi) => mpi == "openmpi" ? "cma" : "untold";
}
