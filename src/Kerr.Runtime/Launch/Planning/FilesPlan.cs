using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Files of /etc that are made for the payload: passwd, group, resolv.conf, hostname.</summary>
internal static class FilesPlan
{
    public static void Add(PlanContext plan)
    {
        AddIdentity(plan);
        AddResolver(plan);
        AddHostName(plan);
    }

    private static void AddIdentity(PlanContext plan)
    {
        bool writable = plan.Request.Writable || plan.Isolation.WritableTmpfs || plan.Request.Overlays.Count > 0;
        if (plan.Isolation.InsideUid == 0 && writable)
        {
            plan.Notes.Skip("/etc/passwd and /etc/group", "root in a writable container keeps its own");
            return;
        }

        if (plan.Configuration.ConfigPasswd)
        {
            uint uid = plan.Isolation.InsideUid;
            UserEntry? user = plan.Host.User;
            string name = uid == 0 ? "root" : uid == plan.Host.Uid && user is not null ? user.Name : $"user{uid}";
            string home = plan.Home.Destination ?? "/";
            string shell = string.IsNullOrEmpty(user?.Shell) ? "/bin/sh" : user.Shell;
            string line = string.Create(CultureInfo.InvariantCulture,
                $"{Field(name)}:x:{uid}:{plan.Isolation.InsideGid}:{Field(uid == 0 ? "root" : user?.Gecos ?? "")}:{Field(home)}:{Field(shell)}");
            plan.Steps.Add(new PasswdStep("Writing /etc/passwd", "configuration: config passwd = yes", "passwd", line, home, uid, KeepName: uid == 0)
            {
                Policy = FailurePolicy.Quiet,
                Failures = [new(default, "passwd file doesn't exist in container, not updating")],
            });
            plan.Steps.Add(Session("passwd", "/etc/passwd", "configuration: config passwd = yes"));
        }
        else
        {
            plan.Notes.Skip("/etc/passwd", "configuration: config passwd = no");
        }

        if (plan.Configuration.ConfigGroup)
        {
            plan.Steps.Add(new GroupStep("Writing /etc/group", "configuration: config group = yes", "group", GroupLines(plan))
            {
                Policy = FailurePolicy.Quiet,
                Failures = [new(default, "group file doesn't exist in container, not updating")],
            });
            plan.Steps.Add(Session("group", "/etc/group", "configuration: config group = yes"));
        }
        else
        {
            plan.Notes.Skip("/etc/group", "configuration: config group = no");
        }
    }

    private static List<string> GroupLines(PlanContext plan)
    {
        var lines = new List<string>();
        if (plan.Isolation.InsideUid == 0)
        {
            lines.Add("root:x:0:root");
            return lines;
        }

        string user = plan.Host.User?.Name ?? $"user{plan.Isolation.InsideUid}";
        foreach (GroupEntry group in plan.Host.GroupNames())
        {
            lines.Add($"{Field(group.Name)}:x:{group.Gid}:{Field(user)}");
        }

        return lines;
    }

    private static void AddResolver(PlanContext plan)
    {
        const string path = "/etc/resolv.conf";
        if (!plan.Configuration.ConfigResolvConf || plan.Isolation.NoMount.Contains(path) || plan.Isolation.NoMount.Contains("bind-paths"))
        {
            string why = plan.Configuration.ConfigResolvConf ? plan.Request.Why("no-mount") : "configuration: config resolv_conf = no";
            if (plan.Request.Dns is null)
            {
                plan.Notes.Skip(path, why);
            }
            else
            {
                plan.Notes.SkipLoudly($"{path} with the name servers of --dns", why);
            }

            return;
        }

        if (plan.Request.Dns is { Length: > 0 } dns)
        {
            plan.Steps.Add(new FileStep($"Writing {path}", plan.Request.Why("dns"), "resolv.conf", 0x1A4, Origin.Blaming(plan.Request.Why("dns"), () => Resolver(dns))));
            plan.Steps.Add(Session("resolv.conf", path, plan.Request.Why("dns")));
        }
        else
        {
            plan.Steps.Add(new MountStep(
                $"Mounting file: {path}", "configuration: config resolv_conf = yes", path, path,
                MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.SkipMissingSource
                | MountFlags.ReplaceSymlink | (plan.BindFlags & ~MountFlags.Recursive))
            {
                Policy = FailurePolicy.Quiet,
                Failures = [new(default, $"cannot mount {path}")],
            });
        }
    }

    private static string Resolver(string servers)
    {
        var text = new StringBuilder();
        foreach (string server in servers.Replace(" ", "", StringComparison.Ordinal).Split(','))
        {
            if (server.Length == 0)
            {
                continue;
            }

            if (!System.Net.IPAddress.TryParse(server, out _))
            {
                throw new UserException($"{server} is not an address of a name server", "write --dns 10.0.0.1,10.0.0.2");
            }

            text.Append("nameserver ").Append(server).Append('\n');
        }

        return text.ToString();
    }

    private static void AddHostName(PlanContext plan)
    {
        if (!plan.Isolation.Uts || plan.Request.HostName is not { } name)
        {
            return;
        }

        if (!IsHostName(name))
        {
            throw new UserException($"{plan.Request.Blame("hostname")}{name} is not a valid hostname", "use letters, digits and dashes, parts separated by dots, 63 characters at most");
        }

        plan.Steps.Add(new FileStep("Writing /etc/hostname", plan.Request.Why("hostname"), "hostname", 0x1A4, name + "\n"));
        plan.Steps.Add(Session("hostname", "/etc/hostname", plan.Request.Why("hostname")));
    }

    private static bool IsHostName(string name)
    {
        if (name.Length is 0 or > 63)
        {
            return false;
        }

        foreach (string label in name.Split('.'))
        {
            if (label.Length == 0 || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static MountStep Session(string session, string target, string why)
        => new($"Mounting file: {target}", why, session, target,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NotInMounts | MountFlags.SkipMissingSource
            | MountFlags.ReplaceSymlink | MountFlags.NoSuid | MountFlags.NoDev)
        {
            Policy = FailurePolicy.Quiet,
            Failures = [new(default, $"cannot mount {target}")],
        };

    // A colon or a newline would make another field or line.
    private static string Field(string text) => text.Replace(':', '_').Replace('\n', ' ');
}
