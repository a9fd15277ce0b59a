using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Which namespaces are left, with which id maps, and what to say when the host refuses.</summary>
internal static class NamespacePlan
{
    internal static Failure NoProcess => new(
        Errno.EAGAIN, "cannot start a process: the limit on processes is reached", "raise `ulimit -u` or the limit of the job, or end other processes");

    public static void Add(PlanContext plan)
    {
        Isolation isolation = plan.Isolation;
        ulong namespaces = UnshareStep.Mount
            | (isolation.InUserNamespace ? UnshareStep.User : 0)
            | (isolation.Pid ? UnshareStep.Pid : 0)
            | (isolation.Ipc ? UnshareStep.Ipc : 0)
            | (isolation.Uts ? UnshareStep.Uts : 0)
            | (isolation.Net ? UnshareStep.Net : 0);
        var step = new UnshareStep(Describe(isolation), Why(plan), namespaces)
        {
            Failures = Failures(plan),
        };
        plan.Steps.Add(isolation.InUserNamespace ? WithMaps(plan, step) : step);
        if (isolation.Pid)
        {
            plan.Steps.Add(new ForkStep(
                isolation.AppInit ? "Forking process 1: appinit" : "Forking process 1: the payload",
                plan.Request.Pid ? plan.Request.Why("pid") : plan.Request.ContainAll ? plan.Request.Why("containall")
                    : plan.Request.Compat ? plan.Request.Why("compat") : plan.Request.Why("fusemount"),
                isolation.AppInit)
            {
                Failures = [NoProcess, new(default, "cannot start a process")],
            });
        }

        if (isolation.Net)
        {
            plan.Steps.Add(new LoopbackStep("Bringing up the loopback interface", plan.Request.Why(plan.Request.Net ? "net" : "network"))
            {
                Policy = FailurePolicy.Quiet,
                Failures = [new(default, "cannot bring up the loopback interface")],
            });
        }

        if (isolation.Uts && plan.Request.HostName is { } name)
        {
            plan.Steps.Add(new HostNameStep($"Setting host name: {name}", plan.Request.Why("hostname"), name)
            {
                Failures = [new(default, $"cannot set the host name {name}")],
            });
        }
    }

    private static string Describe(Isolation isolation)
        => "Creating namespaces:"
            + (isolation.InUserNamespace ? " user" : "") + " mount"
            + (isolation.Pid ? " pid" : "") + (isolation.Ipc ? " ipc" : "")
            + (isolation.Uts ? " uts" : "") + (isolation.Net ? " net" : "");

    private static string Why(PlanContext plan)
        => plan.Isolation.Mode switch
        {
            LaunchMode.Root => "the caller is root",
            LaunchMode.Fakeroot => plan.Request.Fakeroot ? plan.Request.Why("fakeroot") : plan.Request.Why("userns"),
            _ => plan.Request.UserNamespace ? plan.Request.Why("userns") : "an ordinary user mounts only in a user namespace",
        };

    private static UnshareStep WithMaps(PlanContext plan, UnshareStep step)
    {
        Isolation isolation = plan.Isolation;
        string uid = Text(plan.Host.Uid), gid = Text(plan.Host.Gid);
        if (plan.Request.Fakeroot && !plan.Request.IgnoreSubuid && plan.Host.Uid != 0)
        {
            if (SubordinateMaps(plan) is var (uidCommand, gidCommand))
            {
                return step with { UidMapCommand = uidCommand, GidMapCommand = gidCommand };
            }

            plan.Notes.Skip("subordinate id ranges", "no range for the user in /etc/subuid and /etc/subgid, or no newuidmap; only one id is mapped");
        }

        return step with
        {
            UidMap = $"{Text(isolation.InsideUid)} {uid} 1\n",
            GidMap = $"{Text(isolation.InsideGid)} {gid} 1\n",
            DenySetgroups = true,
        };
    }

    private static (IReadOnlyList<string> Uid, IReadOnlyList<string> Gid)? SubordinateMaps(PlanContext plan)
    {
        string search = plan.SearchPath;
        return plan.Host.SubordinateRange("/etc/subuid") is { } uids && plan.Host.SubordinateRange("/etc/subgid") is { } gids
            && plan.Host.FindProgram("newuidmap", search) is { } newuidmap
            && plan.Host.FindProgram("newgidmap", search) is { } newgidmap
            ? (Command(newuidmap, plan.Host.Uid, uids), Command(newgidmap, plan.Host.Gid, gids))
            : null;

        static IReadOnlyList<string> Command(string program, uint self, (uint First, uint Count) range)
            => [program, "0", Text(self), "1", "1", Text(range.First), Text(range.Count)];
    }

    private static List<Failure> Failures(PlanContext plan)
    {
        if (!plan.Isolation.InUserNamespace)
        {
            return
            [
                new(Errno.EPERM, "cannot create namespaces: root lacks CAP_SYS_ADMIN here", "use -u/--userns to make a user namespace"),
                new(Errno.ENOSPC, "cannot create namespaces: a limit on them is reached", "look at `sysctl user`: user.max_mnt_namespaces and others"),
                new(default, "cannot create namespaces"),
            ];
        }

        return UserNamespaceFailures.For(plan.Host, plan.AppArmorRestricts);
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
