using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>A rank of a parallel program, as what started it says in the environment.</summary>
/// <param name="Text">Who started it, and which step it is: "Slurm step 17.0". Ranks of one step agree on it.</param>
/// <param name="Why">What tells.</param>
/// <remarks>
/// Nothing is taken from the parent or its process id: the ranks of a node can have one parent each (a script, a task's own daemon). A launch of
/// one rank is none: it has nobody to share with.
/// </remarks>
internal sealed record ParallelLaunch(string Text, string Why)
{
    // By the launcher: the variable that says which rank it is, the one that says how many there are ("" where none does), and those that name the step.
    private static readonly Launcher[] Launchers =
    [
        new("PMIx", "PMIX_RANK", "", ["PMIX_NAMESPACE"]),
        new("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", ["OMPI_MCA_ess_base_jobid"]),
        new("Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", ["SLURM_JOB_ID", "SLURM_STEP_ID"]),
        new("PALS", "PALS_RANKID", "", ["PALS_APID"]),
        new("Flux", "FLUX_TASK_RANK", "FLUX_JOB_SIZE", ["FLUX_JOB_ID"]),
        new("jsrun", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE", ["LSB_JOBID", "JSM_NAMESPACE_ID"]),
        new("LSF", "LSF_PM_TASKID", "", ["LSB_JOBID"]),
        new("MVAPICH", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", []),
        new("PMI", "PMI_RANK", "PMI_SIZE", []),
    ];

    private static readonly string[] Prefixes =
    [
        "PMI_", "PMI2_", "PMIX_", "OMPI_", "PRTE_", "MPI_LOCAL", "MPIR_CVAR_", "HYDI_", "SLURM_", "FLUX_", "PALS_", "JSM_", "LSF_PM_", "MV2_COMM_", "MPIRUN_",
    ];

    // Directories through which a rank talks to the daemon that started it.
    private static readonly string[] DirectoryVariables =
        ["PMIX_SERVER_TMPDIR", "OMPI_MCA_orte_jobfam_session_dir", "PMIX_DSTORE_21_BASE_PATH", "PMIX_DSTORE_ESH_BASE_PATH"];

    /// <summary>Whether a variable tells a rank who and where it is: without them each rank would take itself for the only one.</summary>
    public static bool Carries(string name)
    {
        foreach (string prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The launch that this one is a rank of; null when it is none, or shares nothing.</summary>
    public static ParallelLaunch? Of(LaunchRequest request, bool allowed, Isolation isolation, IHostFacts host, PlanNotes notes)
    {
        ParallelLaunch? found = Find(host) ?? (request.ShareNamespaces ? new ParallelLaunch("the launches with --sharens", request.Why("sharens")) : null);
        string? refused = found is null ? null
            : isolation.Mode != LaunchMode.UserNamespace || isolation.InsideUid == 0 ? "there is no user namespace to share, or the payload is root of it"
            : request.NoShareRanks ? request.Why("no-share-ranks")
            : !allowed ? "configuration: share ranks = no"

            // The payload of a pilot is another's, and what the pilot was started by may be in its environment.
            : (isolation.Pid || isolation.Contain) && IsInCondorJob(host) ? "a contained job of HTCondor keeps to itself"
            : null;
        if (refused is not null)
        {
            notes.Skip($"sharing namespaces with the ranks of {found!.Text}", refused);
        }

        return refused is null ? found : null;
    }

    /// <summary>Whether the rank has memory and processes out of others' sight, which it then has together with the other ranks of its step.</summary>
    public static bool IsTogether(PlanContext plan)
        => plan.Ranks is not null && (plan.Isolation.Pid || plan.Isolation.Ipc || DevicePlan.IsMinimal(plan));

    /// <summary>Shows a contained rank the directories of the daemon that started it.</summary>
    public static void AddDirectories(PlanContext plan)
    {
        if (plan.Ranks is null || !plan.Isolation.Contain || !plan.Configuration.UserBindControl)
        {
            return;
        }

        var shown = new List<string>();
        foreach (string variable in DirectoryVariables)
        {
            string path = Value(plan.Host, variable).TrimEnd('/');
            if (path.StartsWith('/') && !shown.Exists(above => path == above || path.StartsWith(above + "/", StringComparison.Ordinal))
                && plan.Host.Stat(path) is { IsDirectory: true } status && status.Uid == plan.Host.Uid)
            {
                shown.Add(path);
                plan.Steps.Add(new MountStep(
                    $"Mounting the launcher's directory: {path}", $"{plan.Ranks.Why}; {variable}", path, path, MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | plan.BindFlags)
                {
                    Policy = FailurePolicy.Warn,
                    Failures = [new(default, $"cannot show the ranks the directory {path} of {plan.Ranks.Text}: they may not find each other")],
                });
            }
        }
    }

    private static ParallelLaunch? Find(IHostFacts host)
    {
        foreach (Launcher launcher in Launchers)
        {
            if (Value(host, launcher.Rank).Length == 0 || IsAlone(Value(host, launcher.Size)))
            {
                continue;
            }

            string step = "";
            bool named = true;
            foreach (string variable in launcher.Step)
            {
                string value = Value(host, variable);
                named &= value.Length > 0;
                step += (step.Length == 0 ? "" : ".") + value;
            }

            if (named)
            {
                return new ParallelLaunch(step.Length == 0 ? launcher.Name : $"{launcher.Name} step {step}", $"environment: {launcher.Rank}");
            }
        }

        return null;
    }

    private static bool IsAlone(string size) => int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count == 1;

    private static bool IsInCondorJob(IHostFacts host) => Value(host, "_CONDOR_SCRATCH_DIR").Length > 0 || Value(host, "_CONDOR_JOB_IWD").Length > 0;

    private static string Value(IHostFacts host, string name)
    {
        if (name.Length > 0)
        {
            foreach (string variable in host.Environment)
            {
                if (variable.Length > name.Length && variable[name.Length] == '=' && variable.StartsWith(name, StringComparison.Ordinal))
                {
                    return variable[(name.Length + 1)..];
                }
            }
        }

        return "";
    }

    private readonly record struct Launcher(string Name, string Rank, string Size, string[] Step);
}
