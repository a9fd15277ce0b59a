using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Runtime.Configuration;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>What the switches of a request come to, once the ones that imply others and the configuration are heard.</summary>
internal sealed record Isolation
{
    private static readonly string[] KnownMounts =
        ["proc", "sys", "dev", "devpts", "home", "tmp", "hostfs", "cwd", "bind-paths"];

    public required LaunchMode Mode { get; init; }

    public required bool Contain { get; init; }

    public required bool Pid { get; init; }

    public required bool Ipc { get; init; }

    public required bool Uts { get; init; }

    public required bool Net { get; init; }

    public required bool CleanEnvironment { get; init; }

    public required bool AppInit { get; init; }

    public required bool WritableTmpfs { get; init; }

    public required bool DefaultUmask { get; init; }

    public required bool NoEval { get; init; }

    /// <summary>Ids that the payload has in its own eyes.</summary>
    public required uint InsideUid { get; init; }

    public required uint InsideGid { get; init; }

    public required IReadOnlySet<string> NoMount { get; init; }

    public bool InUserNamespace => Mode is LaunchMode.UserNamespace or LaunchMode.Fakeroot;

    public static Isolation Of(LaunchRequest request, SiteConfiguration configuration, IHostFacts host, PlanNotes notes, bool setuid = false)
    {
        bool all = request.ContainAll || request.Compat;
        LaunchMode mode = setuid ? LaunchMode.Setuid : ModeOf(request, host);
        if (mode == LaunchMode.Root && request.Fakeroot)
        {
            notes.Skip("user namespace of --fakeroot", "the caller is root already");
        }

        bool pid = (request.Pid || all || request.FuseMounts.Count > 0) && !request.NoPid;
        (uint? uid, uint? gid) = Origin.Blaming(request.Why("security"), () => TargetIds(request.Security));
        if ((uid is not null || gid is not null) && mode == LaunchMode.UserNamespace && request.Fakeroot)
        {
            throw new UserException("--security uid: and gid: do not go with --fakeroot", "leave out one of them");
        }

        // Without a namespace the option would be passed over, and the payload would have the host's network.
        if (request.Network is not null && !request.Net)
        {
            notes.Info("Setting --net (required by --network)");
        }

        bool fake = mode == LaunchMode.Fakeroot;
        return new Isolation
        {
            Mode = mode,
            Contain = request.Contain || all,
            Pid = Allowed(pid, configuration.AllowPidNs, "PID namespace", "allow pid ns"),
            Ipc = Allowed(request.Ipc || all, configuration.AllowIpcNs, "IPC namespace", "allow ipc ns"),
            Uts = Allowed(request.Uts || request.HostName is not null, configuration.AllowUtsNs, "UTS namespace", "allow uts ns"),
            Net = request.Net || request.Network is not null,
            CleanEnvironment = request.CleanEnvironment || all,
            AppInit = !request.NoInit && !request.Compat,
            WritableTmpfs = request.WritableTmpfs || (request.Compat && request.Overlays.Count == 0 && !request.Writable),
            DefaultUmask = request.NoUmask || request.Compat,
            NoEval = request.NoEval || request.Compat,
            InsideUid = fake ? 0 : uid ?? host.Uid,
            InsideGid = fake ? 0 : gid ?? host.Gid,
            NoMount = NoMounts(request),
        };

        bool Allowed(bool wanted, bool allowed, string what, string directive)
        {
            if (wanted && !allowed)
            {
                // Asked for, or part of what was asked for: less isolation than that must be seen.
                notes.SkipLoudly(what, $"configuration: {directive} = no");
            }

            return wanted && allowed;
        }
    }

    /// <summary>How the launch gets its privileges.</summary>
    public static LaunchMode ModeOf(LaunchRequest request, IHostFacts host)
        => host.Uid == 0 && !request.UserNamespace && !host.InsideUserNamespace ? LaunchMode.Root
            : request.Fakeroot || host.Uid == 0 ? LaunchMode.Fakeroot
            : LaunchMode.UserNamespace;

    /// <summary>The ids of <c>--security uid:N,gid:M</c>; only plain decimal numbers are taken.</summary>
    private static (uint? Uid, uint? Gid) TargetIds(IReadOnlyList<string> security)
    {
        uint? uid = null, gid = null;
        foreach (string option in security)
        {
            if (option.StartsWith("uid:", StringComparison.Ordinal))
            {
                uid = Identity.ParseId(option[4..], "user");
            }
            else if (option.StartsWith("gid:", StringComparison.Ordinal))
            {
                gid = Identity.ParseIds(option[4..])[0];
            }
        }

        return (uid, gid);
    }

    private static HashSet<string> NoMounts(LaunchRequest request)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in request.NoMount)
        {
            if (!name.StartsWith('/') && Array.IndexOf(KnownMounts, name) < 0)
            {
                throw new UserException(
                    $"--no-mount does not know {name}", $"use one of {string.Join(", ", KnownMounts)}, or the path of a bind");
            }

            names.Add(name);
        }

        if (request.NoHome)
        {
            names.Add("home");
        }

        return names;
    }
}
