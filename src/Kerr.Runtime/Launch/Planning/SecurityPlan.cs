using System;
using Kerr.Linux;
using Kerr.Linux.Files;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The options of `--security` other than ids: filters and labels.</summary>
internal static class SecurityPlan
{
    public static void Add(PlanContext plan)
    {
        foreach (string option in plan.Request.Security)
        {
            int colon = option.IndexOf(':', StringComparison.Ordinal);
            string kind = colon < 0 ? option : option[..colon];
            string value = colon < 0 ? "" : option[(colon + 1)..];
            switch (kind)
            {
                case "uid" or "gid" when value.Length > 0:
                    break;      // NamespacePlan and PrivilegePlan
                case "seccomp" when value.Length > 0:
                    string path = FileSystem.Absolute(value, plan.Host.WorkingDirectory ?? "/");
                    byte[] filter = Seccomp.SeccompProfile.Compile(
                        path, plan.Host.ReadText(path) ?? throw new UserException($"{plan.Request.Blame("security")}seccomp profile {path} cannot be read", "check the path and its permissions"));
                    plan.Steps.Add(new SeccompStep($"Installing seccomp filter: {path}", plan.Request.Why("security"), filter)
                    {
                        Failures = [new(default, $"cannot install the seccomp filter {path}")],
                    });
                    break;
                case "apparmor" or "selinux" when value.Length > 0:
                    plan.Notes.Warn($"{kind} is not enabled or supported on this system: --security {option} has no effect");
                    break;
                default:
                    throw new UserException(
                        $"--security does not know {option}", "use uid:N, gid:N[:N…], seccomp:FILE, apparmor:PROFILE or selinux:CONTEXT");
            }
        }
    }
}
