namespace Kerr.Cli.Options.Actions;

/// <summary>Limits that a control group holds the container to.</summary>
internal static class LimitOptions
{
    internal static readonly Option ApplyCgroups = new("apply-cgroups", '\0', OptionKind.Text, OptionScope.Actions,
        "take limits from a TOML file")
    { ValueName = "FILE", Keys = ["APPLY_CGROUPS"], Support = OptionSupport.Refused };

    internal static readonly Option BlkioWeight = new("blkio-weight", '\0', OptionKind.Number, OptionScope.Actions,
        "share of block I/O, 10 to 1000; 0: not set")
    { Default = "0", Keys = ["BLKIO_WEIGHT"], Support = OptionSupport.Refused };

    internal static readonly Option BlkioWeightDevice = new("blkio-weight-device", '\0', OptionKind.List, OptionScope.Actions,
        "share of block I/O on one device")
    { ValueName = "DEVICE:WEIGHT", Keys = ["BLKIO_WEIGHT_DEVICE"], Support = OptionSupport.Refused };

    internal static readonly Option CpuShares = new("cpu-shares", '\0', OptionKind.Number, OptionScope.Actions,
        "share of processor time against others; -1: not set")
    { Default = "-1", Keys = ["CPU_SHARES"], Support = OptionSupport.Refused };

    internal static readonly Option Cpus = new("cpus", '\0', OptionKind.Text, OptionScope.Actions,
        "how many processors' time at most, such as 1.5")
    { ValueName = "NUMBER", Keys = ["CPUS"], Support = OptionSupport.Refused };

    internal static readonly Option CpusetCpus = new("cpuset-cpus", '\0', OptionKind.Text, OptionScope.Actions,
        "processors to run on, such as 0-3,8")
    { ValueName = "SET", Keys = ["CPUSET_CPUS"], Support = OptionSupport.Refused };

    internal static readonly Option CpusetMems = new("cpuset-mems", '\0', OptionKind.Text, OptionScope.Actions,
        "memory nodes to use, such as 0-1")
    { ValueName = "SET", Keys = ["CPUSET_MEMS"], Support = OptionSupport.Refused };

    internal static readonly Option Memory = new("memory", '\0', OptionKind.Text, OptionScope.Actions,
        "memory at most, in bytes or with k, m, g")
    { ValueName = "SIZE", Keys = ["MEMORY"], Support = OptionSupport.Refused };

    internal static readonly Option MemoryReservation = new("memory-reservation", '\0', OptionKind.Text, OptionScope.Actions,
        "memory that is left when the host runs short")
    { ValueName = "SIZE", Keys = ["MEMORY_RESERVATION"], Support = OptionSupport.Refused };

    internal static readonly Option MemorySwap = new("memory-swap", '\0', OptionKind.Text, OptionScope.Actions,
        "memory and swap together at most; -1: swap without limit")
    { ValueName = "SIZE", Keys = ["MEMORY_SWAP"], Support = OptionSupport.Refused };

    internal static readonly Option OomKillDisable = new("oom-kill-disable", '\0', OptionKind.Flag, OptionScope.Actions,
        "stop instead of being killed when memory runs out")
    { Keys = ["OOM_KILL_DISABLE"], Support = OptionSupport.Refused };

    internal static readonly Option PidsLimit = new("pids-limit", '\0', OptionKind.Number, OptionScope.Actions,
        "processes at most; 0: not set, -1: no limit")
    { Default = "0", Keys = ["PIDS_LIMIT"], Support = OptionSupport.Refused };

    internal static readonly Option[] All =
    [
        ApplyCgroups, BlkioWeight, BlkioWeightDevice, CpuShares, Cpus, CpusetCpus, CpusetMems, Memory, MemoryReservation,
        MemorySwap, OomKillDisable, PidsLimit,
    ];
}
