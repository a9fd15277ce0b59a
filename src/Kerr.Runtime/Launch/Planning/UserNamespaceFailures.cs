using System.Collections.Generic;
using Kerr.Linux;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Why a host refuses a user namespace, surest explanation first.</summary>
/// <remarks>The host is asked before the launch, since nobody of ours who could ask is left when the starter fails.</remarks>
internal static class UserNamespaceFailures
{
    private const string UsersSysctl = "/proc/sys/user/max_user_namespaces";
    private const string DebianSysctl = "/proc/sys/kernel/unprivileged_userns_clone";
    private const string AppArmorSysctl = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

    public static List<Failure> For(IHostFacts host, bool appArmorRestricts)
    {
        var failures = new List<Failure>();
        if (host.ReadText(UsersSysctl) is "0")
        {
            const string message = "this host does not let users create user namespaces: user.max_user_namespaces is 0";
            const string remedy = "ask its administrator to set it: sysctl -w user.max_user_namespaces=65536";
            failures.Add(new Failure(Errno.ENOSPC, message, remedy));
            failures.Add(new Failure(Errno.EPERM, message, remedy));
        }

        if (host.ReadText(DebianSysctl) is "0")
        {
            failures.Add(new Failure(Errno.EPERM,
                "this host does not let ordinary users create user namespaces: kernel.unprivileged_userns_clone is 0",
                "ask its administrator to set it: sysctl -w kernel.unprivileged_userns_clone=1"));
        }

        if (appArmorRestricts)
        {
            failures.Add(new Failure(Errno.EPERM, AppArmorMessage, AppArmorRemedy));
            failures.Add(new Failure(Errno.EACCES, AppArmorMessage, AppArmorRemedy));
        }

        failures.Add(new Failure(Errno.ENOSPC, "the limit on user namespaces is reached",
            "end containers that are not needed, or ask the administrator to raise user.max_user_namespaces"));
        failures.Add(new Failure(Errno.EUSERS, "user namespaces are nested too deeply", "start the container from a shell outside"));
        failures.Add(new Failure(Errno.EPERM, "this process may not create a user namespace",
            "if it runs inside another container or a chroot, start it outside, or allow user namespaces there (its seccomp filter may forbid unshare)"));
        failures.Add(new Failure(default, "cannot create a user namespace"));
        return failures;
    }

    /// <summary>Ubuntu 24.04 lets the namespace be made, but takes its capabilities away: the first mount fails.</summary>
    public static Failure[] ForFirstMount(bool appArmorRestricts) => appArmorRestricts
        ? [new(Errno.EPERM, AppArmorMessage, AppArmorRemedy), new(Errno.EACCES, AppArmorMessage, AppArmorRemedy), new(default, "cannot mount the session directory")]
        : [new(default, "cannot mount the session directory")];

    private const string AppArmorMessage = "AppArmor does not let this program use user namespaces: kernel.apparmor_restrict_unprivileged_userns is 1";
    private const string AppArmorRemedy = "ask the administrator for an AppArmor profile with `userns,` for kerr-starter, or: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";

    /// <summary>Whether AppArmor hands out user namespaces without capabilities.</summary>
    public static bool AppArmorRestricts(IHostFacts host) => host.ReadText(AppArmorSysctl) is "1";
}
