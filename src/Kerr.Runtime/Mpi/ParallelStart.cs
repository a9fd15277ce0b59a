using System;
using System.Collections.Generic;
using System.Globalization;

namespace Kerr.Runtime.Mpi;

/// <summary>What the environment says of a start of several ranks: how many, and by which protocols the launcher talks to them.</summary>
/// <param name="Ranks">How many there are; 1 for a single start.</param>
/// <param name="Launcher">As people call it.</param>
/// <param name="Slurm">Slurm starts many processes that are no MPI, too.</param>
public sealed record ParallelStart(int Ranks, int Rank, string Launcher, bool HasPmix, bool HasPmi, bool Slurm)
{
    /// <summary>Null where no launcher of parallel programs is to be seen.</summary>
    public static ParallelStart? Of(IReadOnlyList<string> environment)
    {
        int ompi = 0, pmi = 0, slurm = 0, rank = 0;
        bool pmix = false, wire = false, hydra = false, palsOrFlux = false;
        foreach (string text in environment)
        {
            // The first letter decides for nearly all variables of an environment.
            if (text.Length == 0 || text[0] is not ('O' or 'P' or 'S' or 'F' or 'I' or 'M'))
            {
                continue;
            }

            int equals = text.IndexOf('=', StringComparison.Ordinal);
            switch (equals < 0 ? "" : text[..equals])
            {
                case "OMPI_COMM_WORLD_SIZE":
                    ompi = Number(text, equals);
                    break;
                case "OMPI_COMM_WORLD_RANK" or "PMI_RANK" or "SLURM_PROCID":
                    rank = Number(text, equals);
                    break;
                case "PMI_SIZE":
                    pmi = Number(text, equals);
                    break;
                case "SLURM_STEP_NUM_TASKS":
                    slurm = Number(text, equals);
                    break;
                case "PMI_FD" or "PMI_PORT":
                    wire = true;
                    break;
                case "MPI_LOCALNRANKS":
                    hydra = true;       // also where srun started its proxies
                    break;
                case "PMIX_NAMESPACE":
                    pmix = true;
                    break;
                case "PALS_RANKID" or "FLUX_JOB_ID" or "I_MPI_PMI_LIBRARY":
                    palsOrFlux = true;      // what they offer depends on the libraries that they come with
                    break;
            }
        }

        int ranks = Math.Max(ompi, Math.Max(pmi, hydra ? 0 : slurm));
        return ranks == 0 || palsOrFlux || (!pmix && !wire) ? null : new ParallelStart(
            ranks, rank, ompi > 0 ? "Open MPI's mpirun" : slurm > 0 && !hydra ? "Slurm's srun" : "a launcher like MPICH's mpiexec", pmix, wire,
            slurm > 0 && ompi == 0 && !hydra);
    }

    private static int Number(string text, int equals)
        => int.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
