using System;
using System.Collections.Generic;
using Kerr.Cli.Options;
using Kerr.Cli.Options.Actions;

namespace Kerr.Cli.Commands.Actions;

/// <summary>The options of exec, run, shell and test by name and type, with image and arguments.</summary>
/// <remarks>What a value came from (flag, variable, default) is asked of <see cref="Source"/> and <see cref="Sources"/>.</remarks>
internal sealed class ActionOptions(Invocation invocation)
{
    private readonly OptionValues _values = invocation.Values;

    /// <summary>The image as it was written.</summary>
    internal string Image => invocation.Arguments[0];

    /// <summary>What follows the image; for exec the command comes first.</summary>
    internal ReadOnlyMemory<string> Arguments => invocation.Arguments.AsMemory(1);

    internal Invocation Invocation => invocation;

    /// <summary>Where an option's value came from: of several, the last.</summary>
    internal ValueSource Source(Option option) => _values.Source(option);

    /// <summary>Where each item of a list, repeated or map option came from, in the order of the items.</summary>
    internal IReadOnlyList<ValueSource> Sources(Option option) => _values.Sources(option);

    internal bool IsSet(Option option) => _values.IsSet(option);

    /// <summary>The options that command line or environment gave.</summary>
    internal IEnumerable<Option> Given => _values.Options;

    /// <summary>Whether a given option asks for something: <c>--nv=false</c> and <c>--pids-limit 0</c> do not, nor does <c>--nv</c> beside <c>--no-nv</c>.</summary>
    internal bool Asks(Option option) => option.Kind switch
    {
        OptionKind.Flag => _values.Flag(option) && !Cancelled(option),
        OptionKind.Number => _values.Number(option) != Default(option),
        OptionKind.Text => _values.Text(option).Length > 0,
        OptionKind.Map => _values.Pairs(option).Count > 0,
        _ => _values.Items(option).Count > 0,
    };

    // Mounts. Each item of Binds and Mounts is a whole flag or variable; it may hold several specs.
    internal IReadOnlyList<string> Binds => _values.Items(MountOptions.Bind);

    internal IReadOnlyList<string> Mounts => _values.Items(MountOptions.Mount);

    internal IReadOnlyList<string> Data => _values.Items(MountOptions.Data);

    /// <summary><c>source[:target]</c>; null when the caller's own home is meant.</summary>
    internal string? Home => TextOrNull(MountOptions.Home);

    internal bool NoHome => _values.Flag(MountOptions.NoHome);

    internal IReadOnlyList<string> Overlays => _values.Items(MountOptions.Overlay);

    internal IReadOnlyList<string> Scratch => _values.Items(MountOptions.Scratch);

    internal string? Workdir => TextOrNull(MountOptions.Workdir);

    internal bool Writable => _values.Flag(MountOptions.Writable);

    internal bool WritableTmpfs => _values.Flag(MountOptions.WritableTmpfs);

    internal IReadOnlyList<string> NoMount => _values.Items(MountOptions.NoMount);

    internal IReadOnlyList<string> ContainLibs => _values.Items(MountOptions.ContainLibs);

    internal IReadOnlyList<string> FuseMounts => _values.Items(MountOptions.FuseMount);

    internal bool NoShareRanks => _values.Flag(MountOptions.NoShareRanks);

    internal bool NoShareImage => _values.Flag(MountOptions.NoShareImage);

    internal bool Underlay => _values.Flag(MountOptions.Underlay);

    /// <summary>--cwd, or its older name --pwd; null for the caller's own.</summary>
    internal string? WorkingDirectory => TextOrNull(WorkingDirectoryOption);

    /// <summary>The one of the two names that was used.</summary>
    internal Option WorkingDirectoryOption => _values.IsSet(MountOptions.Cwd) ? MountOptions.Cwd : MountOptions.Pwd;

    // Isolation. Each is the flag itself: what --compat or --containall implies is the planner's business, and its reason.
    internal bool Compat => _values.Flag(IsolationOptions.Compat);

    internal bool Contain => _values.Flag(IsolationOptions.Contain);

    internal bool ContainAll => _values.Flag(IsolationOptions.ContainAll);

    internal bool Fakeroot => _values.Flag(IsolationOptions.Fakeroot);

    internal bool UserNamespace => _values.Flag(IsolationOptions.UserNamespace);

    internal bool Pid => _values.Flag(IsolationOptions.Pid);

    internal bool NoPid => _values.Flag(IsolationOptions.NoPid);

    internal bool Ipc => _values.Flag(IsolationOptions.Ipc);

    internal bool Net => _values.Flag(IsolationOptions.Net);

    internal bool Uts => _values.Flag(IsolationOptions.Uts);

    internal string? Hostname => TextOrNull(IsolationOptions.Hostname);

    internal string? Network => TextOrNull(IsolationOptions.Network);

    internal IReadOnlyList<string> NetworkArgs => _values.Items(IsolationOptions.NetworkArgs);

    internal string? NetnsPath => TextOrNull(IsolationOptions.NetnsPath);

    internal string? Dns => TextOrNull(IsolationOptions.Dns);

    internal IReadOnlyList<string> Security => _values.Items(IsolationOptions.Security);

    internal bool KeepPrivs => _values.Flag(IsolationOptions.KeepPrivs);

    internal bool NoPrivs => _values.Flag(IsolationOptions.NoPrivs);

    internal string? AddCaps => TextOrNull(IsolationOptions.AddCaps);

    internal string? DropCaps => TextOrNull(IsolationOptions.DropCaps);

    internal bool AllowSetuid => _values.Flag(IsolationOptions.AllowSetuid);

    internal bool NoInit => _values.Flag(IsolationOptions.NoInit);

    internal bool NoUmask => _values.Flag(IsolationOptions.NoUmask);

    internal bool NoEval => _values.Flag(IsolationOptions.NoEval);

    internal bool Boot => _values.Flag(IsolationOptions.Boot);

    internal bool ShareNamespaces => _values.Flag(IsolationOptions.ShareNamespaces);

    internal bool NoSetgroups => _values.Flag(IsolationOptions.NoSetgroups);

    internal bool IgnoreSubuid => _values.Flag(IsolationOptions.IgnoreSubuid);

    internal bool IgnoreFakerootCommand => _values.Flag(IsolationOptions.IgnoreFakerootCommand);

    internal bool IgnoreUserns => _values.Flag(IsolationOptions.IgnoreUserns);

    // Payload.
    internal bool CleanEnv => _values.Flag(PayloadOptions.CleanEnv);

    internal IReadOnlyList<KeyValuePair<string, string>> Env => _values.Pairs(PayloadOptions.Env);

    internal IReadOnlyList<string> EnvFiles => _values.Items(PayloadOptions.EnvFile);

    internal IReadOnlyList<string> NoEnv => _values.Items(PayloadOptions.NoEnv);

    internal string? App => TextOrNull(PayloadOptions.App);

    internal string? Shell => TextOrNull(PayloadOptions.Shell);

    internal string? RunscriptTimeout => TextOrNull(PayloadOptions.RunscriptTimeout);

    internal string? DmtcpLaunch => TextOrNull(PayloadOptions.DmtcpLaunch);

    internal string? DmtcpRestart => TextOrNull(PayloadOptions.DmtcpRestart);

    internal string? PidFile => TextOrNull(PayloadOptions.PidFile);

    internal bool Timings => _values.Flag(PayloadOptions.Timings);

    // Devices.
    internal bool Nv => _values.Flag(DeviceOptions.Nv);

    internal bool NvCcli => _values.Flag(DeviceOptions.NvCcli);

    internal bool NoNv => _values.Flag(DeviceOptions.NoNv);

    internal bool Rocm => _values.Flag(DeviceOptions.Rocm);

    internal bool NoRocm => _values.Flag(DeviceOptions.NoRocm);

    internal bool IntelHpu => _values.Flag(DeviceOptions.IntelHpu);

    internal bool Compat32 => _values.Flag(DeviceOptions.Compat32);

    internal IReadOnlyList<string> Devices => _values.Items(DeviceOptions.Device);

    internal IReadOnlyList<string> CdiDirs => _values.Items(DeviceOptions.CdiDirs);

    internal bool Mpi => _values.Flag(DeviceOptions.Mpi);

    internal string? HostMpi => TextOrNull(DeviceOptions.HostMpi);

    // Limits. Numbers have the peers' marks for "not set": 0, or -1 for CpuShares.
    internal string? ApplyCgroups => TextOrNull(LimitOptions.ApplyCgroups);

    internal int BlkioWeight => _values.Number(LimitOptions.BlkioWeight);

    internal IReadOnlyList<string> BlkioWeightDevices => _values.Items(LimitOptions.BlkioWeightDevice);

    internal int CpuShares => _values.Number(LimitOptions.CpuShares);

    internal string? Cpus => TextOrNull(LimitOptions.Cpus);

    internal string? CpusetCpus => TextOrNull(LimitOptions.CpusetCpus);

    internal string? CpusetMems => TextOrNull(LimitOptions.CpusetMems);

    internal string? Memory => TextOrNull(LimitOptions.Memory);

    internal string? MemoryReservation => TextOrNull(LimitOptions.MemoryReservation);

    internal string? MemorySwap => TextOrNull(LimitOptions.MemorySwap);

    internal bool OomKillDisable => _values.Flag(LimitOptions.OomKillDisable);

    internal int PidsLimit => _values.Number(LimitOptions.PidsLimit);

    // Image.
    internal bool DisableCache => _values.Flag(ImageOptions.DisableCache);

    internal bool DockerLogin => _values.Flag(ImageOptions.DockerLogin);

    internal string? DockerUsername => TextOrNull(ImageOptions.DockerUsername);

    internal string? DockerPassword => TextOrNull(ImageOptions.DockerPassword);

    internal string? DockerHost => TextOrNull(ImageOptions.DockerHost);

    internal string? AuthFile => TextOrNull(ImageOptions.AuthFile);

    internal bool NoHttps => _values.Flag(ImageOptions.NoHttps) || _values.Flag(ImageOptions.OldNoHttps);

    internal bool Passphrase => _values.Flag(ImageOptions.Passphrase);

    internal string? PemPath => TextOrNull(ImageOptions.PemPath);

    internal string? TmpDir => TextOrNull(ImageOptions.TmpDir);

    internal bool Unsquash => _values.Flag(ImageOptions.Unsquash) || _values.Flag(ImageOptions.TmpSandbox);

    internal bool NoTmpSandbox => _values.Flag(ImageOptions.NoTmpSandbox);

    internal bool SifFuse => _values.Flag(ImageOptions.SifFuse);

    internal bool KeepLayers => _values.Flag(ImageOptions.KeepLayers);

    internal bool Oci => _values.Flag(ImageOptions.Oci) && !_values.Flag(ImageOptions.NoOci);

    internal bool NoCompat => _values.Flag(ImageOptions.NoCompat);

    internal string? Proot => TextOrNull(ImageOptions.Proot);

    private bool Cancelled(Option option)
        => (option == DeviceOptions.Nv && NoNv) || (option == DeviceOptions.Rocm && NoRocm) || (option == ImageOptions.Oci && !Oci);

    private static int Default(Option option) => ValueSyntax.TryNumber(option.Default, out int number) ? number : 0;

    // --hostname "" means what leaving it out means, as under the peers.
    private string? TextOrNull(Option option) => _values.Text(option) is { Length: > 0 } text ? text : null;
}
