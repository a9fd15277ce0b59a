namespace Kerr.Cli.Options.Actions;

/// <summary>Accelerators and other devices.</summary>
internal static class DeviceOptions
{
    internal static readonly Option Nv = new("nv", '\0', OptionKind.Flag, OptionScope.Actions,
        "make NVIDIA devices, libraries and tools available")
    { Keys = ["NV"], Support = OptionSupport.Warned };

    internal static readonly Option NvCcli = new("nvccli", '\0', OptionKind.Flag, OptionScope.Actions,
        "let nvidia-container-cli set up NVIDIA devices")
    { Keys = ["NVCCLI"], Support = OptionSupport.Warned };

    internal static readonly Option NoNv = new("no-nv", '\0', OptionKind.Flag, OptionScope.Actions,
        "cancel 'always use nv' of the configuration")
    { Keys = ["NV_OFF", "NO_NV"], Hidden = true, Support = OptionSupport.Ignored };

    internal static readonly Option Rocm = new("rocm", '\0', OptionKind.Flag, OptionScope.Actions,
        "make AMD ROCm devices, libraries and tools available")
    { Keys = ["ROCM"], Support = OptionSupport.Warned };

    internal static readonly Option NoRocm = new("no-rocm", '\0', OptionKind.Flag, OptionScope.Actions,
        "cancel 'always use rocm' of the configuration")
    { Keys = ["ROCM_OFF", "NO_ROCM"], Hidden = true, Support = OptionSupport.Ignored };

    internal static readonly Option IntelHpu = new("intel-hpu", '\0', OptionKind.Flag, OptionScope.Actions,
        "make Intel Gaudi devices available")
    { Keys = ["INTEL_HPU"], Support = OptionSupport.Warned };

    internal static readonly Option Compat32 = new("compat32", '\0', OptionKind.Flag, OptionScope.Actions,
        "with --nv, make 32-bit libraries available too")
    { Keys = ["COMPAT32"], Support = OptionSupport.Ignored };

    internal static readonly Option Device = new("device", '\0', OptionKind.List, OptionScope.Processes,
        "devices by their CDI name, such as vendor.com/class=name")
    { ValueName = "NAME", Support = OptionSupport.Refused };

    internal static readonly Option CdiDirs = new("cdi-dirs", '\0', OptionKind.List, OptionScope.Processes,
        "where CDI descriptions lie (default: /etc/cdi, /var/run/cdi)")
    { ValueName = "PATH", Support = OptionSupport.Ignored };

    internal static readonly Option[] All = [Nv, NvCcli, NoNv, Rocm, NoRocm, IntelHpu, Compat32, Device, CdiDirs];
}
