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
            NoShareRanks = options.NoShareRanks,
            ShareNamespaces = options.ShareNamespaces,
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
            NoSetgroups = options.NoSetgroups,
            HostName = options.Hostname,
            Network = options.Network,
            NetnsPath = options.NetnsPath,
            Dns = options.Dns,
            AddCapabilities = options.AddCaps,
            DropCapabilities = options.DropCaps,
            Security = options.Security,
            Nv = options.Nv,
            NvidiaContainerCli = options.NvCcli,
            NoNv = options.NoNv,
            Rocm = options.Rocm,
            NoRocm = options.NoRocm,
            Compat32 = options.Compat32,
            IntelHpu = options.IntelHpu,
            Devices = options.Devices,
            CdiDirectories = options.CdiDirs,
            Mpi = options.Mpi,
            HostMpi = options.HostMpi,
            Environment = options.Env,
            EnvironmentFiles = options.EnvFiles,
            NoEnvironment = options.NoEnv,
            App = options.App,
            RunscriptTimeout = options.RunscriptTimeout,
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
            origins[name] = OriginOf(options.Source(option));
            if (option.EnvironmentAdds)
            {
                IReadOnlyList<ValueSource> sources = options.Sources(option);
                for (int i = 0; i < sources.Count; i++)
                {
                    origins[string.Create(CultureInfo.InvariantCulture, $"{name} {i}")] = OriginOf(sources[i]);
                }
            }
        }

        return origins;
    }

    private static string OriginOf(ValueSource source)
        => source.Origin == ValueOrigin.Environment ? Origin.OfVariable(source.Name) : Origin.OfFlag(source.Name);

    /// <summary>What this version cannot do must not be passed over in silence.</summary>
    private static void RefuseWhatIsMissing(ActionOptions options)
    {
        foreach (Option option in options.Given)
        {
            if (option.Support != OptionSupport.Refused || !options.Asks(option))
            {
                continue;
            }

            string origin = OriginOf(options.Source(option)), blame = Origin.Blame(origin);
            Invocation invocation = options.Invocation;
            throw new UserException(
                $"{blame}--{option.Name} is not supported by this version",
                (blame.Length > 0 ? $"unset {Origin.Name(origin)}" : "leave it out")
                + $"; what is there: {invocation.Program.Name} help {invocation.Path}");
        }
    }
}
