namespace Kerr.Cli.Options.Actions;

/// <summary>Accelerators, other devices, and the host's MPI.</summary>
internal static class DeviceOptions
{
    internal static readonly Option Nv = new("nv", '\0', OptionKind.Flag, OptionScope.Actions,
        "make NVIDIA devices, libraries and tools available")
    { Keys = ["NV"] };

    internal static readonly Option NvCcli = new("nvccli", '\0', OptionKind.Flag, OptionScope.Actions,
        "ask nvidia-container-cli which NVIDIA files to take, if it is there")
    { Keys = ["NVCCLI"] };

    internal static readonly Option NoNv = new("no-nv", '\0', OptionKind.Flag, OptionScope.Actions,
        "cancel 'always use nv' of the configuration")
    { Keys = ["NV_OFF", "NO_NV"], Hidden = true };

    internal static readonly Option Rocm = new("rocm", '\0', OptionKind.Flag, OptionScope.Actions,
        "make AMD ROCm devices, libraries and tools available")
    { Keys = ["ROCM"] };

    internal static readonly Option NoRocm = new("no-rocm", '\0', OptionKind.Flag, OptionScope.Actions,
        "cancel 'always use rocm' of the configuration")
    { Keys = ["ROCM_OFF", "NO_ROCM"], Hidden = true };

    internal static readonly Option IntelHpu = new("intel-hpu", '\0', OptionKind.Flag, OptionScope.Actions,
        "make Intel Gaudi devices available")
    { Keys = ["INTEL_HPU"] };

    internal static readonly Option Compat32 = new("compat32", '\0', OptionKind.Flag, OptionScope.Actions,
        "with --nv or --rocm, make the libraries for 32-bit programs available too")
    { Keys = ["COMPAT32"] };

    internal static readonly Option Device = new("device", '\0', OptionKind.List, OptionScope.Processes,
        "devices by their CDI name, such as vendor.com/class=name")
    { ValueName = "NAME" };

    internal static readonly Option CdiDirs = new("cdi-dirs", '\0', OptionKind.List, OptionScope.Processes,
        "where CDI descriptions lie (default: /etc/cdi, /var/run/cdi)")
    { ValueName = "PATH" };

    internal static readonly Option Mpi = new("mpi", '\0', OptionKind.Flag, OptionScope.Actions,
        "put the host's MPI in the place of the image's; see mpi check")
    { Keys = ["MPI"] };

    internal static readonly Option HostMpi = new("host-mpi", '\0', OptionKind.Text, OptionScope.Actions,
        "with --mpi, take the MPI in this directory of the host")
    { ValueName = "DIR", Keys = ["HOST_MPI"] };

    internal static readonly Option[] All = [Nv, NvCcli, NoNv, Rocm, NoRocm, IntelHpu, Compat32, Device, CdiDirs, Mpi, HostMpi];
}
