using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>/proc and /sys.</summary>
internal static class KernelMountPlan
{
    public static void Add(PlanContext plan)
    {
        if (!plan.Configuration.MountProc || plan.Isolation.NoMount.Contains("proc"))
        {
            plan.Notes.Skip("/proc", plan.Configuration.MountProc ? plan.Request.Why("no-mount") : "configuration: mount proc = no");
        }
        else if (plan.Isolation.Pid)
        {
            plan.Steps.Add(New("proc", "/proc", "new PID namespace") with
            {
                Failures =
                [
                    new(Errno.EPERM, "cannot mount a /proc of the new PID namespace",
                        "this host hides parts of its own /proc (as other containers do): use --no-pid, or start the container outside"),
                    RootPlan.Lacks(plan, "/proc"),
                    new(default, "cannot mount /proc"),
                ],
            });
        }
        else
        {
            plan.Steps.Add(Bind(plan, "/proc", "configuration: mount proc = yes"));
        }

        if (!plan.Configuration.MountSys || plan.Isolation.NoMount.Contains("sys"))
        {
            plan.Notes.Skip("/sys", plan.Configuration.MountSys ? plan.Request.Why("no-mount") : "configuration: mount sys = no");
        }
        else
        {
            plan.Steps.Add(plan.Isolation.Mode != LaunchMode.Root
                ? BindSys(plan)
                : New("sysfs", "/sys", "configuration: mount sys = yes") with
                {
                    Policy = FailurePolicy.Warn,
                    Failures = [RootPlan.Lacks(plan, "/sys"), new(default, "cannot mount /sys")],
                });
        }
    }

    /// <summary>
    /// The host's /sys with all that is mounted below it. Contained it is read-only: through control groups, or the list of FUSE connections, a
    /// payload could end processes and mounts of the caller's.
    /// </summary>
    private static MountStep BindSys(PlanContext plan)
    {
        MountStep bind = Bind(plan, "/sys", "configuration: mount sys = yes");
        return plan.Isolation.Contain ? bind with { Why = $"{plan.WhyContained}: read-only", Flags = bind.Flags | MountFlags.ReadOnly } : bind;
    }

    private static MountStep Bind(PlanContext plan, string path, string why)
        => new($"Mounting kernel file system: {path}", why, path, path,
            MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget
            | MountFlags.Recursive | MountFlags.NoSuid | MountFlags.NoDev)
        {
            Policy = FailurePolicy.Warn,
            Failures = [RootPlan.Lacks(plan, path), new(default, $"cannot mount {path}")],
        };

    private static MountStep New(string type, string path, string why)
        => new($"Mounting kernel file system: {path}", why, type, path,
            MountFlags.NewFileSystem | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec);
}
