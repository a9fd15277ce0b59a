namespace Kerr.Cli.Options.Actions;

/// <summary>Namespaces, identity and privileges of the payload.</summary>
internal static class IsolationOptions
{
    internal static readonly Option Contain = new("contain", 'c', OptionKind.Flag, OptionScope.Actions,
        "a small /dev and empty /tmp, /var/tmp and home instead of the host's")
    { Keys = ["CONTAIN"] };

    internal static readonly Option ContainAll = new("containall", 'C', OptionKind.Flag, OptionScope.Actions,
        "--contain, and hide processes, IPC and environment too")
    { Keys = ["CONTAINALL"] };

    internal static readonly Option Compat = new("compat", '\0', OptionKind.Flag, OptionScope.Actions,
        "behave like an OCI runtime: --containall --no-init --no-umask --no-eval --writable-tmpfs")
    { Keys = ["COMPAT"] };

    internal static readonly Option Fakeroot = new("fakeroot", 'f', OptionKind.Flag, OptionScope.Actions,
        "be root inside, while being the caller to the host")
    { Keys = ["FAKEROOT"] };

    internal static readonly Option UserNamespace = new("userns", 'u', OptionKind.Flag, OptionScope.Actions,
        "use a user namespace even where the setuid starter could be used")
    { Keys = ["USERNS", "UNSHARE_USERNS"] };

    internal static readonly Option Pid = new("pid", 'p', OptionKind.Flag, OptionScope.Processes,
        "a PID namespace of its own")
    { Keys = ["PID", "UNSHARE_PID"] };

    internal static readonly Option NoPid = new("no-pid", '\0', OptionKind.Flag, OptionScope.Processes,
        "no PID namespace, even where another option implies one")
    { Keys = ["NO_PID"] };

    internal static readonly Option Ipc = new("ipc", 'i', OptionKind.Flag, OptionScope.Actions,
        "an IPC namespace of its own")
    { Keys = ["IPC", "UNSHARE_IPC"] };

    internal static readonly Option Net = new("net", 'n', OptionKind.Flag, OptionScope.Actions,
        "a network namespace of its own, as --network says")
    { Keys = ["NET", "UNSHARE_NET"] };

    internal static readonly Option Uts = new("uts", '\0', OptionKind.Flag, OptionScope.Actions,
        "a UTS namespace of its own (host name)")
    { Keys = ["UTS", "UNSHARE_UTS"] };

    internal static readonly Option Hostname = new("hostname", '\0', OptionKind.Text, OptionScope.Actions,
        "the host name inside; implies --uts")
    { ValueName = "NAME", Keys = ["HOSTNAME"] };

    internal static readonly Option Network = new("network", '\0', OptionKind.Text, OptionScope.Actions,
        "networks to join, separated by commas; none: loopback only; implies --net")
    { ValueName = "NAME", Keys = ["NETWORK"] };

    internal static readonly Option NetworkArgs = new("network-args", '\0', OptionKind.List, OptionScope.Actions,
        "arguments for the network plugins, such as portmap=8080:80/tcp")
    { ValueName = "ARGS", Keys = ["NETWORK_ARGS"], Support = OptionSupport.Refused };

    internal static readonly Option NetnsPath = new("netns-path", '\0', OptionKind.Text, OptionScope.Actions,
        "join this network namespace")
    { ValueName = "PATH", Keys = ["NETNS_PATH"], Support = OptionSupport.Refused };

    internal static readonly Option Dns = new("dns", '\0', OptionKind.Text, OptionScope.Actions,
        "name servers to write to resolv.conf, separated by commas")
    { ValueName = "ADDRESS", Keys = ["DNS"] };

    internal static readonly Option Security = new("security", '\0', OptionKind.List, OptionScope.Actions,
        "uid:ID, gid:ID[:ID...], seccomp:FILE, apparmor:PROFILE, selinux:LABEL")
    { ValueName = "KIND:VALUE", Keys = ["SECURITY"] };

    internal static readonly Option KeepPrivs = new("keep-privs", '\0', OptionKind.Flag, OptionScope.Actions,
        "root keeps all capabilities")
    { Keys = ["KEEP_PRIVS"] };

    internal static readonly Option NoPrivs = new("no-privs", '\0', OptionKind.Flag, OptionScope.Actions,
        "root gives up all capabilities")
    { Keys = ["NO_PRIVS"] };

    internal static readonly Option AddCaps = new("add-caps", '\0', OptionKind.Text, OptionScope.Actions,
        "capabilities to have, separated by commas")
    { ValueName = "CAPS", Keys = ["ADD_CAPS"] };

    internal static readonly Option DropCaps = new("drop-caps", '\0', OptionKind.Text, OptionScope.Actions,
        "capabilities to give up, separated by commas")
    { ValueName = "CAPS", Keys = ["DROP_CAPS"] };

    internal static readonly Option AllowSetuid = new("allow-setuid", '\0', OptionKind.Flag, OptionScope.Actions,
        "set-user-id programs of the image work (root only)")
    { Keys = ["ALLOW_SETUID"] };

    internal static readonly Option NoInit = new("no-init", '\0', OptionKind.Flag, OptionScope.Actions,
        "with a PID namespace, the payload itself is process 1")
    { Keys = ["NOSHIMINIT", "NO_INIT"] };

    internal static readonly Option NoUmask = new("no-umask", '\0', OptionKind.Flag, OptionScope.Actions,
        "start with umask 0022 instead of the caller's")
    { Keys = ["NO_UMASK"] };

    internal static readonly Option NoEval = new("no-eval", '\0', OptionKind.Flag, OptionScope.Actions,
        "take environment values and OCI arguments literally, without shell expansion")
    { Keys = ["NO_EVAL"] };

    internal static readonly Option Boot = new("boot", '\0', OptionKind.Flag, OptionScope.Instances,
        "run /sbin/init as process 1 (root only)")
    { Keys = ["BOOT"] };

    internal static readonly Option ShareNamespaces = new("sharens", '\0', OptionKind.Flag, OptionScope.Processes,
        "share namespaces with the launches of this job that have this option, too; ranks of a parallel program do by themselves")
    { Keys = ["SHARENS"] };

    internal static readonly Option NoSetgroups = new("no-setgroups", '\0', OptionKind.Flag, OptionScope.Actions,
        "forbid setgroups under --fakeroot")
    { Keys = ["NO_SETGROUPS"] };

    internal static readonly Option IgnoreSubuid = new("ignore-subuid", '\0', OptionKind.Flag, OptionScope.Actions,
        "--fakeroot does as if /etc/subuid had no range for the caller")
    { Keys = ["IGNORE_SUBUID"], Hidden = true };

    internal static readonly Option IgnoreFakerootCommand = new("ignore-fakeroot-command", '\0', OptionKind.Flag, OptionScope.Actions,
        "--fakeroot does without its help for programs that change owners")
    { Keys = ["IGNORE_FAKEROOT_COMMAND"], Hidden = true, Support = OptionSupport.Ignored };

    internal static readonly Option IgnoreUserns = new("ignore-userns", '\0', OptionKind.Flag, OptionScope.Actions,
        "--fakeroot does as if there were no user namespaces")
    { Keys = ["IGNORE_USERNS"], Hidden = true, Support = OptionSupport.Ignored };

    internal static readonly Option[] All =
    [
        Contain, ContainAll, Compat, Fakeroot, UserNamespace, Pid, NoPid, Ipc, Net, Uts, Hostname, Network, NetworkArgs,
        NetnsPath, Dns, Security, KeepPrivs, NoPrivs, AddCaps, DropCaps, AllowSetuid, NoInit, NoUmask, NoEval, Boot,
        ShareNamespaces, NoSetgroups, IgnoreSubuid, IgnoreFakerootCommand, IgnoreUserns,
    ];
}
