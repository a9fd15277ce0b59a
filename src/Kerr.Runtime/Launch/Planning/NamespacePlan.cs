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
            | (MakesUserNamespace(plan) ? UnshareStep.User : 0)
            | (isolation.Pid ? UnshareStep.Pid : 0)
            | (isolation.Ipc ? UnshareStep.Ipc : 0)
            | (isolation.Uts ? UnshareStep.Uts : 0)
            | (isolation.Net ? UnshareStep.Net : 0);
        var step = new UnshareStep(Describe(isolation, MakesUserNamespace(plan)), Why(plan), namespaces)
        {
            Failures = Failures(plan),
        };
        plan.Steps.Add(MakesUserNamespace(plan) ? WithMaps(plan, step) : step);
        if (isolation.Pid)
        {
            bool appInit = isolation.AppInit && plan.Ranks is null; // process 1 of ranks is the keeper's
            plan.Steps.Add(new ForkStep(
                plan.Ranks is not null ? "Forking the payload, a process among those of the other ranks"
                    : appInit ? "Forking process 1: appinit" : "Forking process 1: the payload",
                plan.Request.Pid ? plan.Request.Why("pid") : plan.Request.ContainAll ? plan.Request.Why("containall")
                    : plan.Request.Compat ? plan.Request.Why("compat") : plan.Request.Why("fusemount"),
                appInit)
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

    private static bool MakesUserNamespace(PlanContext plan) => plan.Isolation.InUserNamespace && !plan.Request.InsideNamespace;

    private static string Describe(Isolation isolation, bool users)
        => "Creating namespaces:"
            + (users ? " user" : "") + " mount"
            + (isolation.Pid ? " pid" : "") + (isolation.Ipc ? " ipc" : "")
            + (isolation.Uts ? " uts" : "") + (isolation.Net ? " net" : "");

    private static string Why(PlanContext plan)
        => plan.Isolation.Mode switch
        {
            LaunchMode.Root => "the caller is root",
            LaunchMode.Setuid => "the setuid starter makes them without a user namespace",
            LaunchMode.Fakeroot when plan.Request.InsideNamespace => "the caller is root of a user namespace made for it",
            LaunchMode.Fakeroot => plan.Request.Fakeroot ? plan.Request.Why("fakeroot") : plan.Request.Why("userns"),
            _ => plan.Request.UserNamespace ? plan.Request.Why("userns") : "an ordinary user mounts only in a user namespace",
        };

    private static UnshareStep WithMaps(PlanContext plan, UnshareStep step)
    {
        Isolation isolation = plan.Isolation;
        if (plan.Request.Fakeroot && !plan.Request.IgnoreSubuid && plan.Host.Uid != 0)
        {
            if (WithSubordinateIds(step, plan.Request, plan.Host, plan.SearchPath) is { } mapped)
            {
                return mapped;
            }

            plan.Notes.Skip("subordinate id ranges", "no range for the user in /etc/subuid and /etc/subgid, or no newuidmap; only one id is mapped");
        }

        return WithOneId(step, plan.Host, isolation.InsideUid, isolation.InsideGid);
    }

    /// <summary>Maps the caller alone.</summary>
    internal static UnshareStep WithOneId(UnshareStep step, IHostFacts host, uint insideUid, uint insideGid) => step with
    {
        UidMap = $"{Text(insideUid)} {Text(host.Uid)} 1\n",
        GidMap = $"{Text(insideGid)} {Text(host.Gid)} 1\n",
        DenySetgroups = true,
    };

    /// <summary>Maps the caller to root and the caller's subordinate ids to the others; null without a range or its tools.</summary>
    internal static UnshareStep? WithSubordinateIds(UnshareStep step, LaunchRequest request, IHostFacts host, string searchPath)
    {
        return host.SubordinateRange("/etc/subuid") is { } uids && host.SubordinateRange("/etc/subgid") is { } gids
            && host.FindProgram("newuidmap", searchPath) is { } newuidmap
            && host.FindProgram("newgidmap", searchPath) is { } newgidmap
            ? step with { UidMapCommand = Command(newuidmap, host.Uid, uids), GidMapCommand = Command(newgidmap, host.Gid, gids), DenySetgroups = request.NoSetgroups }
            : null;

        static IReadOnlyList<string> Command(string program, uint self, (uint First, uint Count) range)
            => [program, "0", Text(self), "1", "1", Text(range.First), Text(range.Count)];
    }

    private static List<Failure> Failures(PlanContext plan)
    {
        if (plan.Isolation.Mode == LaunchMode.Setuid)
        {
            return [new(default, "cannot create namespaces", "look at `sysctl user`; or use --userns")];
        }

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
