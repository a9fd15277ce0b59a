using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Plan;

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

        if (!root && add != 0)
        {
            foreach (string name in Capabilities.Names(add))
            {
                plan.Notes.Warn($"not authorized to add capability: {name}");
            }
        }

        bool none = !root || request.NoPrivileges;
        ulong keep = none ? 0 : Capabilities.All & ~drop;
        plan.Steps.Add(new PrivilegesStep(
            none ? "Dropping all privileges" : "Dropping privileges over the host",
            root ? request.NoPrivileges ? request.Why("no-privs") : "root of a user namespace only" : "an ordinary user has no capability",
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
        bool full = request.KeepPrivileges || (defaults == "full" && !request.NoPrivileges);
        ulong keep = ((full ? Capabilities.All : 0) | add) & ~drop;
        (uint? uid, IReadOnlyList<uint> gids) = Target(request.Security);
        bool other = uid is not null || gids.Count > 0;
        if (uid is > 0)
        {
            keep = 0;
        }

        string why = other ? request.Why("security") : request.KeepPrivileges ? request.Why("keep-privs")
            : request.NoPrivileges ? request.Why("no-privs") : $"configuration: root default capabilities = {defaults}";
        plan.Steps.Add(new PrivilegesStep(
            other ? "Becoming another user" : full ? "Keeping root's capabilities" : "Dropping privileges", why,
            PrivilegeFlags.DropCapabilities | (other ? PrivilegeFlags.SetIds : 0)
            | (other || request.NoPrivileges ? PrivilegeFlags.NoNewPrivileges : 0))
        {
            Capabilities = keep,
            Bounding = keep,
            Uid = uid ?? plan.Host.Uid,
            Gid = gids.Count > 0 ? gids[0] : plan.Host.Gid,
            Groups = gids.Count > 0 ? gids : [],
            Failures = [new(default, "cannot drop privileges")],
        });
    }

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
        ulong set = 0;
        foreach (string part in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Equals("all", StringComparison.OrdinalIgnoreCase))
            {
                set |= Capabilities.All;
            }
            else if (Capabilities.Number(part) is { } number)
            {
                set |= 1UL << number;
            }
            else
            {
                plan.Notes.Warn($"won't {verb} unknown capability: {part}");
            }
        }

        return set;
    }
}
