using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Whether a launch shares the mounts of its images with the others of the user's job, and under which name they meet.</summary>
/// <remarks>
/// The job is part of the name because a batch system kills all of a job when it ends: that must not take another job's image away. It is
/// told by the control group, whose part for a single task is cut off, and by what schedulers put into the environment.
/// </remarks>
internal static class SharePlan
{
    private static readonly string[] JobVariables =
    [
        "SLURM_JOB_ID", "SLURM_STEP_ID", "PBS_JOBID", "LSB_JOBID", "LSB_JOBINDEX", "JOB_ID", "SGE_TASK_ID", "FLUX_JOB_ID", "COBALT_JOBID", "_CONDOR_JOB_IWD", "OAR_JOB_ID",
    ];

    public static void Add(PlanContext plan)
    {
        var images = new List<(uint, string)>();
        foreach (PlanStep step in plan.Steps)
        {
            if (step is FuseServerStep { ShareKey: { } key } server)
            {
                images.Add(((uint)server.Index, key));
            }
        }

        if (images.Count == 0)
        {
            return;
        }

        // A root inside has every capability over a shared namespace: it could change what others get.
        if (plan.Isolation.Mode != LaunchMode.UserNamespace || plan.Isolation.InsideUid == 0)
        {
            plan.Notes.Skip("sharing the mount of the image", plan.Isolation.Mode == LaunchMode.Setuid ? "there is no user namespace to share" : "the payload is root of its user namespace");
            return;
        }

        if (plan.Request.NoShareImage || !plan.Configuration.ShareImages)
        {
            plan.Notes.Skip("sharing the mount of the image", plan.Request.NoShareImage ? plan.Request.Why("no-share-image") : "configuration: share images = no");
            return;
        }

        string job = Job(plan.Host);
        plan.Steps.Insert(0, new ShareStep(
            "Sharing images with the launches of this job", job.Length == 0 ? "one mount of an image is enough for all" : $"one mount of an image is enough for all of {job}",
            Name(plan, job), plan.Installation.LibexecDir + "/kerr-keeper")
        {
            Images = images,

            // Processes of one user namespace can look into each other. Ranks want that; a payload with processes of its own is to be out of reach.
            Apart = plan.Isolation.Pid,
            Policy = FailurePolicy.Quiet,
            Failures = [new(default, "images cannot be shared with other launches: this one makes its own mounts")],
        });
    }

    /// <summary>What of the host tells this job from others of the user.</summary>
    private static string Job(IHostFacts host)
    {
        var job = new StringBuilder();
        foreach (string line in (host.ReadText("/proc/self/cgroup") ?? "").Split('\n'))
        {
            // hierarchy-ID:controllers:path; one path is enough, that of the processes themselves or of a scheduler.
            string path = line[(line.LastIndexOf(':') + 1)..];
            int task = path.IndexOf("/task_", StringComparison.Ordinal);
            path = task < 0 ? path : path[..task];
            if (path.Length > 1 && !Contains(job, path))
            {
                job.Append(job.Length == 0 ? "" : " ").Append(path);
            }
        }

        foreach (string variable in host.Environment)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Array.IndexOf(JobVariables, variable[..equals]) >= 0)
            {
                job.Append(job.Length == 0 ? "" : " ").Append(variable);
            }
        }

        return job.ToString();
    }

    private static bool Contains(StringBuilder paths, string path) => Array.IndexOf(paths.ToString().Split(' '), path) >= 0;

    /// <summary>The name depends on everything in which those who share must agree.</summary>
    private static string Name(PlanContext plan, string job)
    {
        var all = new StringBuilder();
        all.Append(plan.Host.ReadLink("/proc/self/ns/user")).Append('\n').Append(plan.Host.ReadLink("/proc/self/ns/pid")).Append('\n')
            .Append(plan.Installation.LibexecDir).Append('\n').Append(PlanFormat.Version).Append('\n').Append(job).Append('\n');
        foreach (PlanStep step in plan.Steps)
        {
            if (step is UnshareStep unshare)
            {
                all.Append(unshare.UidMap).Append(unshare.GidMap).AppendJoin(' ', unshare.UidMapCommand ?? []).AppendJoin(' ', unshare.GidMapCommand ?? []);
            }
        }

        // FNV-1a: names need not resist anybody, since both sides look at who the other is.
        ulong hash = 14695981039346656037;
        foreach (char character in all.ToString())
        {
            hash = (hash ^ character) * 1099511628211;
        }

        return string.Create(CultureInfo.InvariantCulture, $"kerr-{plan.Host.Uid}-{hash:x16}");
    }
}
