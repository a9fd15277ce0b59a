using System;
using System.Globalization;

namespace Kerr.Runtime.Audit;

/// <summary>The job that a batch system's control group stands for: <c>slurm:4711</c>.</summary>
/// <remarks>
/// Only groups that a batch system makes at its own place count, from the root of the hierarchy on: below a place that was handed to a user
/// (<c>user@1000.service</c>) anybody can make directories of any name.
/// </remarks>
public static class SchedulerJob
{
    /// <param name="groups">Paths or lines of <c>/proc/PID/cgroup</c>, one after the other, with <c>;</c> or newlines between.</param>
    /// <returns>Null when they are of no job.</returns>
    public static string? Of(string groups)
    {
        foreach (string line in groups.Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            // hierarchy:controllers:path, or the path alone.
            int colon = line.StartsWith('/') ? -1 : line.IndexOf(':', line.IndexOf(':', StringComparison.Ordinal) + 1);
            if (OfPath(line[(colon + 1)..]) is { } job)
            {
                return job;
            }
        }

        return null;
    }

    private static string? OfPath(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int at = parts is ["system.slice" or "machine.slice", ..] ? 1 : 0;
        string first = parts.Length > at ? parts[at] : "", second = parts.Length > at + 1 ? parts[at + 1] : "", third = parts.Length > at + 2 ? parts[at + 2] : "";
        return first switch
        {
            // Slurm: /slurm/uid_1000/job_4711/step_0, /system.slice/slurmstepd.scope/job_4711; with several daemons slurm_NODE.
            "slurmstepd.scope" or "slurm" => Slurm(parts),
            _ when first.StartsWith("slurm_", StringComparison.Ordinal) || (first.StartsWith("node", StringComparison.Ordinal) && first.EndsWith("_slurmstepd.scope", StringComparison.Ordinal)) => Slurm(parts),

            // HTCondor names the slot, not the job: /htcondor/condor_var_lib_condor_execute_slot1_3@node.
            "htcondor" or "condor.service" when Behind(second, "condor") && second.IndexOf("slot", StringComparison.Ordinal) is > 0 and int slot => "htcondor:" + Plain(second[slot..]),
            "htcondor" when second.StartsWith("slot", StringComparison.Ordinal) => "htcondor:" + Plain(second),

            // PBS: /pbs_jobs.service/jobid/4711.server, /pbspro.service/jobid/…, /pbspro.slice/pbspro-4711.server.slice; Torque: /torque/4711.server.
            "pbs_jobs.service" or "pbspro.service" or "pbs.service" when second is "jobid" or "jobs" && third.Length > 0 => "pbs:" + Plain(third),
            "pbspro.slice" when Behind(second, "pbspro-") && second.EndsWith(".slice", StringComparison.Ordinal) => "pbs:" + Plain(second["pbspro-".Length..^".slice".Length]),
            "torque" when second.Length > 0 => "torque:" + Plain(second),

            // LSF: /lsf/CLUSTER/job.4711.PID.TIME.
            "lsf" when Behind(third, "job.") => "lsf:" + Plain(third.Split('.')[1]),

            // Grid Engine: /UGE/4711.1, /sge/4711.1; the task's number is 1 or undefined where there are none.
            "UGE" or "SGE" or "sge" or "OCS" when second.Length > 0 && char.IsAsciiDigit(second[0]) => "sge:" + Plain(second),

            // Flux: a service or scope imp-shell-0-ƒJOB; OAR: /oar/USER_4711.
            _ when Behind(first, "imp-shell-") && first.LastIndexOf('.') is > 0 and int dot => "flux:" + Plain(first[(first.IndexOf('-', "imp-shell-".Length) + 1)..dot]),
            "oar" when second.LastIndexOf('_') is > 0 and int blank => "oar:" + Plain(second[(blank + 1)..]),
            _ => null,
        };
    }

    private static string? Slurm(string[] parts)
    {
        foreach (string part in parts)
        {
            if (Behind(part, "job_") && uint.TryParse(part.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out uint job))
            {
                return string.Create(CultureInfo.InvariantCulture, $"slurm:{job}");
            }
        }

        return null;
    }

    private static bool Behind(string text, string prefix) => text.Length > prefix.Length && text.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Ids go into tables and queries: nothing but letters, digits and a few marks stays.</summary>
    private static string Plain(string id)
    {
        Span<char> plain = stackalloc char[Math.Min(id.Length, 96)];
        for (int i = 0; i < plain.Length; i++)
        {
            plain[i] = char.IsAsciiLetterOrDigit(id[i]) || id[i] is '.' or '_' or '-' or '@' or '[' or ']' ? id[i] : '?';
        }

        return new string(plain);
    }
}
