using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Plan;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Capabilities, ids and no_new_privs of the payload.</summary>
internal static class PrivilegePlan
{
    public static void Add(PlanContext plan)
    {
        LaunchRequest request = plan.Request;
        if (request.InsideNamespace && plan.Isolation.InUserNamespace)
        {
            plan.Notes.Skip("dropping privileges", "the caller is root of a user namespace only");
            return;
        }

        bool root = plan.Isolation.InsideUid == 0;
        if (request.KeepPrivileges && plan.Host.Uid != 0)
        {
            throw new UserException("--keep-privs is for root only", "leave it out, or use --fakeroot to be root inside");
        }

        if (request.AllowSetuid && plan.Host.Uid != 0)
        {
            throw new UserException("--allow-setuid is for root only", "leave it out: files of the image gain nothing in a user's container");
        }

        ulong add = Parse(plan, request.AddCapabilities, "add"), drop = Parse(plan, request.DropCapabilities, "drop");
        if (plan.Isolation.Mode == LaunchMode.Root)
        {
            AddForRoot(plan, add, drop);
            return;
        }

        ulong granted = root || add == 0 ? 0 : SiteCapabilities.Granted(plan, add) & ~drop;
        bool none = !root || request.NoPrivileges;
        ulong keep = !root ? granted : request.NoPrivileges ? 0 : Capabilities.All & ~drop;
        if (plan.Host.Uid == 0)
        {
            AddTerminalFilter(plan, "root of a user namespace is less than who calls");
        }

        plan.Steps.Add(new PrivilegesStep(
            keep == 0 ? "Dropping all privileges" : "Dropping privileges over the host",
            granted != 0 ? $"{request.Why("add-caps")}: {plan.Installation.CapabilityFile} grants them, over the own user namespace"
                : root ? request.NoPrivileges ? request.Why("no-privs") : "root of a user namespace only" : "an ordinary user has no capability",
            PrivilegeFlags.DropCapabilities | (none ? PrivilegeFlags.NoNewPrivileges : 0))
        {
            Capabilities = keep,
            Bounding = keep,
            Failures = [new(default, "cannot drop privileges")],
        });
    }

    private static void AddForRoot(PlanContext plan, ulong add, ulong drop)
    {
        LaunchRequest request = plan.Request;
        string defaults = plan.Configuration.RootDefaultCapabilities;
        (uint? uid, IReadOnlyList<uint> gids) = Target(request.Security);
        bool other = uid is not null || gids.Count > 0;
        bool nothing = !request.KeepPrivileges && (request.NoPrivileges || other || defaults == "no");
        bool full = request.KeepPrivileges || (!nothing && defaults == "full");
        ulong keep = ((full ? Capabilities.All : nothing ? 0 : SiteCapabilities.OfRoot(plan)) | add) & ~drop;
        if (uid is > 0)
        {
            keep = 0;
        }

        string why = other ? request.Why("security") : request.KeepPrivileges ? request.Why("keep-privs")
            : request.NoPrivileges ? request.Why("no-privs") : $"configuration: root default capabilities = {defaults}";
        if (other || keep != Capabilities.All)
        {
            AddTerminalFilter(plan, why);
        }

        plan.Steps.Add(new PrivilegesStep(
            other ? "Becoming another user" : full ? "Keeping root's capabilities" : "Dropping privileges", why,
            PrivilegeFlags.DropCapabilities | (other ? PrivilegeFlags.SetIds : 0)
            | (other || nothing ? PrivilegeFlags.NoNewPrivileges : 0))
        {
            Capabilities = keep,
            Bounding = keep,
            Uid = uid ?? plan.Host.Uid,
            Gid = gids.Count > 0 ? gids[0] : plan.Host.Gid,
            Groups = gids.Count > 0 ? gids : [],
            Failures = [new(default, "cannot drop privileges")],
        });
    }

    /// <summary>Before the privileges go: a filter asks for them, or for no_new_privs, which not every such payload has.</summary>
    private static void AddTerminalFilter(PlanContext plan, string why)
        => plan.Steps.Add(new SeccompStep("Installing the filter against typing into the caller's terminal", why, Seccomp.TerminalFilter.Program())
        {
            Failures = [new(default, "cannot install the filter against typing into the caller's terminal")],
        });

    private static (uint? Uid, IReadOnlyList<uint> Gids) Target(IReadOnlyList<string> security)
    {
        uint? uid = null;
        IReadOnlyList<uint> gids = [];
        foreach (string option in security)
        {
            int colon = option.IndexOf(':', StringComparison.Ordinal);
            switch (colon < 0 ? option : option[..colon])
            {
                case "uid":
                    uid = Identity.ParseId(option[4..], "user");
                    break;
                case "gid":
                    gids = Identity.ParseIds(option[4..]);
                    break;
                default:
                    break;
            }
        }

        return (uid, gids);
    }

    private static ulong Parse(PlanContext plan, string? list, string verb)
    {
        ulong set = Capabilities.Parse(list, out List<string> unknown);
        foreach (string name in unknown)
        {
            plan.Notes.Warn($"won't {verb} unknown capability: {name}");
        }

        return set;
    }
}
