using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Cli.Console;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Runtime.Launch;

namespace Kerr.Cli.Commands.Actions;

/// <summary>The options of an action as the request that the planner takes.</summary>
internal static class ActionRequest
{
    internal static LaunchRequest Of(LaunchAction action, ActionOptions options)
    {
        RefuseWhatIsMissing(options);
        return new LaunchRequest
        {
            Action = action,
            Image = options.Image,
            Arguments = options.Arguments.ToArray(),
            Binds = options.Binds,
            Mounts = options.Mounts,
            Overlays = options.Overlays,
            Scratch = options.Scratch,
            NoMount = options.NoMount,
            ContainLibs = options.ContainLibs,
            FuseMounts = options.FuseMounts,
            Home = options.Home,
            WorkDirectory = options.Workdir,
            Cwd = options.WorkingDirectory,
            NoHome = options.NoHome,
            Writable = options.Writable,
            WritableTmpfs = options.WritableTmpfs,
            Underlay = options.Underlay,
            NoShareImage = options.NoShareImage,
            Unsquash = options.Unsquash,
            NoTemporarySandbox = options.NoTmpSandbox,
            TemporaryDirectory = options.TmpDir,
            Contain = options.Contain,
            ContainAll = options.ContainAll,
            CleanEnvironment = options.CleanEnv,
            Compat = options.Compat,
            Fakeroot = options.Fakeroot,
            UserNamespace = options.UserNamespace,
            Pid = options.Pid,
            NoPid = options.NoPid,
            Ipc = options.Ipc,
            Net = options.Net,
            Uts = options.Uts,
            NoInit = options.NoInit,
            NoUmask = options.NoUmask,
            NoEval = options.NoEval,
            KeepPrivileges = options.KeepPrivs,
            NoPrivileges = options.NoPrivs,
            AllowSetuid = options.AllowSetuid,
            IgnoreSubuid = options.IgnoreSubuid,
            HostName = options.Hostname,
            Network = options.Network,
            NetnsPath = options.NetnsPath,
            Dns = options.Dns,
            AddCapabilities = options.AddCaps,
            DropCapabilities = options.DropCaps,
            Security = options.Security,
            Environment = options.Env,
            EnvironmentFiles = options.EnvFiles,
            NoEnvironment = options.NoEnv,
            App = options.App,
            Shell = options.Shell,
            Program = options.Invocation.Program.Name,
            LogLevel = (int)Log.Level,
            Colour = Log.Color,
            Timings = options.Timings,
            Origins = Origins(options),
        };
    }

    private static Dictionary<string, string> Origins(ActionOptions options)
    {
        var origins = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Option option in options.Given)
        {
            string name = option.Name == "pwd" ? "cwd" : option.Name;
            origins[name] = Text(options.Source(option));
            if (option.EnvironmentAdds)
            {
                IReadOnlyList<ValueSource> sources = options.Sources(option);
                for (int i = 0; i < sources.Count; i++)
                {
                    origins[string.Create(CultureInfo.InvariantCulture, $"{name} {i}")] = Text(sources[i]);
                }
            }
        }

        return origins;

        static string Text(ValueSource source)
            => source.Origin == ValueOrigin.Environment ? $"variable {source.Name}" : $"flag {source.Name}";
    }

    /// <summary>What this version cannot do must not be passed over in silence.</summary>
    private static void RefuseWhatIsMissing(ActionOptions options)
    {
        foreach ((bool wanted, string name) in (ReadOnlySpan<(bool, string)>)
        [
            (options.ApplyCgroups is not null, "--apply-cgroups"), (options.Memory is not null, "--memory"), (options.Cpus is not null, "--cpus"),
            (options.MemoryReservation is not null, "--memory-reservation"), (options.MemorySwap is not null, "--memory-swap"),
            (options.CpusetCpus is not null, "--cpuset-cpus"), (options.CpusetMems is not null, "--cpuset-mems"),
            (options.PidsLimit != 0, "--pids-limit"), (options.OomKillDisable, "--oom-kill-disable"), (options.BlkioWeight != 0, "--blkio-weight"),
            (options.CpuShares != -1, "--cpu-shares"), (options.BlkioWeightDevices.Count > 0, "--blkio-weight-device"),
            (options.Devices.Count > 0, "--device"), (options.Oci, "--oci"), (options.Passphrase, "--passphrase"), (options.PemPath is not null, "--pem-path"),
            (options.NetnsPath is not null, "--netns-path"), (options.NetworkArgs.Count > 0, "--network-args"), (options.Data.Count > 0, "--data"),
        ])
        {
            if (wanted)
            {
                throw new UserException($"{name} is not supported by this version", "leave it out; docs/compatibility.md lists what is there");
            }
        }

        foreach ((bool wanted, string name) in (ReadOnlySpan<(bool, string)>)
        [
            (options.Nv && !options.NoNv, "--nv"), (options.Rocm && !options.NoRocm, "--rocm"), (options.IntelHpu, "--intel-hpu"), (options.ShareNamespaces, "--sharens"),
            (options.RunscriptTimeout is not null, "--runscript-timeout"),
        ])
        {
            if (wanted)
            {
                Log.Warning($"{name} has no effect in this version");
            }
        }
    }
}
