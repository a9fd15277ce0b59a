using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Kerr.Runtime.Launch.Seccomp;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Which ids the root of a build has.</summary>
public enum BuildIdentity
{
    /// <summary>Root of the host.</summary>
    Root,

    /// <summary>Root of a user namespace with a range of subordinate ids: files get the owners they are given.</summary>
    Range,

    /// <summary>Root of a user namespace that has no other id: changes of ownership succeed without effect.</summary>
    Single,
}

/// <summary>Becomes a program of the host that is root, in mounts of its own: what a build runs in.</summary>
public static class FakerootPlan
{
    private const uint NobodysId = 65534;

    /// <summary>Decides how, and says so in a sentence: where the host allows it a range of ids, else only the caller's own.</summary>
    public static LaunchPlan Plan(
        LaunchRequest request, SiteConfiguration configuration, Installation installation, IHostFacts host,
        IReadOnlyList<string> command, IReadOnlyList<string> environment, out BuildIdentity identity, out string decision)
    {
        bool root = host.Uid == 0;
        string path = "";
        foreach (string variable in host.Environment)
        {
            path = variable.StartsWith("PATH=", System.StringComparison.Ordinal) ? variable[5..] : path;
        }

        string search = $"{installation.LibexecDir}:{configuration.BinaryPath.Replace("$PATH", path, System.StringComparison.Ordinal)}";
        var steps = new List<PlanStep>();
        if (root)
        {
            identity = BuildIdentity.Root;
            decision = host.InsideUserNamespace ? "building as root of the user namespace that we are in" : "building as root";
            steps.Add(new UnshareStep("Creating namespaces: mount pid", "mounts of the build are seen by nobody else", UnshareStep.Mount | UnshareStep.Pid)
            {
                Failures = [new(Errno.EPERM, "cannot create namespaces: root lacks CAP_SYS_ADMIN here", "build as an ordinary user"), new(default, "cannot create namespaces")],
            });
        }
        else
        {
            if (!configuration.AllowUserNs)
            {
                throw new UserException("user namespaces are not allowed here: the administrator set `allow user ns = no`", "ask the administrator");
            }

            var step = new UnshareStep("Creating namespaces: user mount pid", "a build needs a root", UnshareStep.User | UnshareStep.Mount | UnshareStep.Pid)
            {
                Failures = UserNamespaceFailures.For(host, UserNamespaceFailures.AppArmorRestricts(host)),
            };
            UnshareStep? range = request.IgnoreSubuid || IsSmall(host, "/etc/subuid") || IsSmall(host, "/etc/subgid")
                ? null : NamespacePlan.WithSubordinateIds(step, request, host, search);
            identity = range is null ? BuildIdentity.Single : BuildIdentity.Range;
            decision = range is null
                ? $"building with one id: changes of ownership succeed without effect, and all files are root's ({WhyNoRange(request, host)})"
                : "building with " + Range(host);
            steps.Add(range is null ? NamespacePlan.WithOneId(step, host, 0, 0) : range with { Failures = WithTools(range.Failures) });
            if (range is null)
            {
                steps.Add(new SeccompStep("Installing the filter that lets changes of ownership succeed", "only one id is mapped", OwnershipFilter.Compile())
                {
                    Failures = [new(default, "cannot install the seccomp filter")],
                });
            }
        }

        steps.Add(new ForkStep("Forking process 1: appinit", "whatever a section leaves running ends with the build", AppInit: true)
        {
            Failures = [new(Errno.EAGAIN, "cannot start a process: the limit on processes is reached", "raise `ulimit -u`, or end other processes"), new(default, "cannot start a process")],
        });
        steps.Add(new ExecStep($"Executing: {command[0]}", "the build goes on as root", [new PayloadCandidate(command[0], command)])
        {
            Environment = environment,
        });
        return new LaunchPlan
        {
            Mode = root ? LaunchMode.Root : LaunchMode.Fakeroot,
            Request = request,
            Steps = steps,
            Descriptors = [],
            HostDirectories = [],
            Skipped = [],
            EnvironmentChanges = [],
            Notes = [],
        };
    }

    /// <summary>Guests have ids up to 65534, nobody's: a range with fewer would fail in the middle of a package.</summary>
    private static bool IsSmall(IHostFacts host, string file) => host.SubordinateRange(file) is { Count: < NobodysId };

    /// <summary>The tools' own refusal is the likeliest one that nothing else explains.</summary>
    private static List<Failure> WithTools(IReadOnlyList<Failure> failures)
    {
        var all = new List<Failure>(failures);
        int at = all.FindLastIndex(failure => failure.Errno == Errno.EPERM);
        all.Insert(at < 0 ? 0 : at, new Failure(
            Errno.EPERM, "newuidmap or newgidmap did not map the subordinate ids: what it printed above says why; it must be set-uid root",
            "build with one id: --ignore-subuid"));
        return all;
    }

    private static string Range(IHostFacts host)
        => host.SubordinateRange("/etc/subuid") is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"the ids {range.First} to {range.First + range.Count - 1} of /etc/subuid")
            : "subordinate ids";

    private static string WhyNoRange(LaunchRequest request, IHostFacts host)
        => request.IgnoreSubuid ? request.Why("ignore-subuid")
            : host.SubordinateRange("/etc/subuid") is null ? "no range for this user in /etc/subuid"
            : host.SubordinateRange("/etc/subgid") is null ? "no range for this user in /etc/subgid"
            : IsSmall(host, "/etc/subuid") || IsSmall(host, "/etc/subgid") ? $"the range in /etc/subuid or /etc/subgid has fewer than {NobodysId} ids"
            : "newuidmap and newgidmap are not installed: package uidmap";
}
