using System;
using System.Collections.Generic;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>What the site's configuration mounts: host file systems, `bind path`, and the current directory.</summary>
internal static class SitePlan
{
    private const string Hosts = "/etc/hosts", LocalTime = "/etc/localtime";

    public static void AddHostFileSystems(PlanContext plan)
    {
        if (!plan.Configuration.MountHostfs)
        {
            return;
        }

        if (plan.Isolation.Contain || plan.Isolation.NoMount.Contains("hostfs"))
        {
            plan.Notes.Skip("host file systems", plan.Isolation.Contain ? plan.WhyContained : plan.Request.Why("no-mount"));
            return;
        }

        // None of those that belong to the kernel or to this boot; what is mounted below another comes along with it.
        List<string> covered = ["/proc", "/sys", "/dev", "/run", "/boot", "/var"];
        foreach (string point in plan.Host.MountPoints())
        {
            if (point != "/" && !covered.Exists(above => point == above || point.StartsWith(above + "/", StringComparison.Ordinal)))
            {
                covered.Add(point);
                plan.Steps.Add(new MountStep(
                    $"Mounting host file system: {point}", "configuration: mount hostfs = yes", point, point,
                    MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.SkipMissingSource | plan.BindFlags)
                {
                    Policy = FailurePolicy.Warn,
                    Failures = [new(default, $"cannot mount {point}")],
                });
            }
        }
    }

    public static void AddBindPaths(PlanContext plan)
    {
        IReadOnlySet<string> skip = plan.Isolation.NoMount;
        if (plan.Isolation.Contain)
        {
            Hosts_();
            One(LocalTime, LocalTime, $"{plan.WhyContained}: the time zone stays");
            return;
        }

        foreach (string path in plan.Configuration.BindPath)
        {
            int colon = path.IndexOf(':', StringComparison.Ordinal);
            string source = colon < 0 ? path : path[..colon];
            string destination = colon < 0 ? path : path[(colon + 1)..];
            One(source, destination, $"configuration: bind path = {path}");
        }

        void Hosts_()
        {
            if (!plan.Isolation.Net)
            {
                One(Hosts, Hosts, $"{plan.WhyContained}: names stay known");
                return;
            }

            if (Skipped(Hosts))
            {
                return;
            }

            plan.Steps.Add(new FileStep("Writing /etc/hosts", "new network namespace", "hosts", 0x1A4,
                "127.0.0.1   localhost localhost.localdomain\n::1         localhost localhost.localdomain\n"));
            plan.Steps.Add(File("hosts", Hosts, "new network namespace", MountFlags.SourceInSession));
        }

        void One(string source, string destination, string why)
        {
            if (Skipped(destination))
            {
                return;
            }

            if (UserBinds.IsMissing(plan, source))
            {
                plan.Notes.Skip(destination, $"{why}: {source} does not exist");
            }
            else
            {
                plan.Steps.Add(File(source, destination, why, MountFlags.SourceOnHost | MountFlags.SkipMissingSource));
            }
        }

        bool Skipped(string destination)
        {
            bool skipped = skip.Contains("bind-paths") || skip.Contains(destination);
            if (skipped)
            {
                plan.Notes.Skip(destination, plan.Request.Why("no-mount"));
            }

            return skipped;
        }

        MountStep File(string source, string destination, string why, ulong from)
            => new($"Mounting file: {destination}", why, source, destination,
                from | MountFlags.TargetInRoot | MountFlags.CreateTarget | plan.BindFlags
                | (destination is LocalTime or Hosts ? MountFlags.NotInMounts : 0) | (destination == LocalTime ? MountFlags.ReplaceSymlink : 0))
            {
                Policy = source is Hosts or LocalTime or "hosts" ? FailurePolicy.Quiet : FailurePolicy.Warn,
                Failures = [new(default, $"cannot mount {source} on {destination}")],
            };
    }

    public static void AddWorkingDirectory(PlanContext plan)
    {
        if (NotMounted(plan) is { } reason)
        {
            plan.Notes.Skip("current directory", reason);
            return;
        }

        string cwd = plan.Host.WorkingDirectory!;
        plan.Steps.Add(new MountStep(
            $"Mounting current directory: {cwd}", "the current directory is kept", cwd, cwd,
            MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.SkipSame
            | MountFlags.SkipMissingTarget | plan.BindFlags)
        {
            Policy = FailurePolicy.Quiet,
            Failures = [new(default, $"cannot mount the current directory {cwd}")],
        });
    }

    private static string? NotMounted(PlanContext plan)
    {
        if (plan.Isolation.Contain)
        {
            return plan.WhyContained;
        }

        if (!plan.Configuration.UserBindControl)
        {
            return "configuration: user bind control = no";
        }

        if (plan.Isolation.NoMount.Contains("cwd"))
        {
            return plan.Request.Why("no-mount");
        }

        if (plan.Host.WorkingDirectory is not { } cwd)
        {
            return "it was deleted, or cannot be named";
        }

        foreach (PlanStep step in plan.Steps)
        {
            if (step is MountStep mount && (mount.Flags & MountFlags.TargetInRoot) != 0 && mount.Target == cwd)
            {
                return $"something is mounted on {cwd} already";
            }
        }

        switch (cwd)
        {
            case "/" or "/etc" or "/bin" or "/mnt" or "/usr" or "/var" or "/opt" or "/sbin" or "/lib" or "/lib64":
                return $"{cwd} belongs to the operating system";
            default:
                foreach (string kernel in (ReadOnlySpan<string>)["/proc", "/sys", "/dev"])
                {
                    if (cwd == kernel || cwd.StartsWith(kernel + "/", StringComparison.Ordinal))
                    {
                        return $"{cwd} belongs to the kernel";
                    }
                }

                return null;
        }
    }
}
