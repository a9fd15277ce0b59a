using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>`--fusemount`: file systems that the user's own FUSE program serves inside the container.</summary>
/// <remarks>
/// <c>{container|host}[-daemon]:COMMAND MOUNTPOINT</c>. A host program starts outside, before the namespaces are left; a
/// container program starts inside, just before the payload. Both get the mount as <c>/dev/fd/N</c>, which libfuse 3 takes as mounted already.
/// </remarks>
internal static class FusePlan
{
    public static void AddUserMounts(PlanContext plan)
    {
        foreach (string specification in plan.Request.FuseMounts)
        {
            if (!plan.Configuration.EnableFusemount)
            {
                throw new UserException("fusemount disabled by configuration 'enable fusemount = no'", "ask the administrator") { DeniedBy = "enable fusemount" };
            }

            Add(plan, specification);
        }
    }

    private static void Add(PlanContext plan, string specification)
    {
        int colon = specification.IndexOf(':', StringComparison.Ordinal);
        string prefix = colon < 0 ? specification : specification[..colon];
        if (prefix is not ("host" or "host-daemon" or "container" or "container-daemon"))
        {
            throw new UserException($"fusemount spec begin with an unknown prefix {prefix}", "write container:COMMAND MOUNTPOINT or host:COMMAND MOUNTPOINT");
        }

        string[] words = specification[(colon + 1)..].Split((char[]?)[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !words[^1].StartsWith('/'))
        {
            throw new UserException($"fusemount {specification} has no command and absolute mount point", "write container:COMMAND MOUNTPOINT");
        }

        string target = FileSystem.Clean(words[^1]);
        ulong index = prefix.StartsWith("host", StringComparison.Ordinal) ? AddServer(plan, words) : AddProgram(plan, words, target);
        AddMount(plan, index, target);
    }

    /// <summary>A program of the host, which waits outside for its mount.</summary>
    private static ulong AddServer(PlanContext plan, string[] words)
    {
        string program = words[0].StartsWith('/') ? words[0]
            : plan.Host.FindProgram(words[0], plan.SearchPath)
                ?? throw new UserException($"fusemount program {words[0]} is not on the host", "give its absolute path, or install it");
        ulong index = 0;
        foreach (PlanStep step in plan.Steps)
        {
            index += step is FuseServerStep ? 1u : 0u;
        }

        plan.Steps.Insert((int)index, new FuseServerStep($"Starting FUSE program: {program}", plan.Request.Why("fusemount"), null, index, Command(program, words))
        {
            Failures = [new(default, $"cannot start the FUSE program {program}")],
        });
        return index;
    }

    /// <summary>A program of the image. That it stays in the foreground is what keeps it in our sight; the daemon forms differ in nothing.</summary>
    private static ulong AddProgram(PlanContext plan, string[] words, string target)
    {
        ulong index = FuseProgramStep.FirstIndex + (ulong)plan.FusePrograms.Count;
        plan.FusePrograms.Add(new FuseProgramStep(
            $"Starting FUSE program inside: {words[0]}", plan.Request.Why("fusemount"), index, target, Command(words[0], words))
        {
            Failures =
            [
                new(Errno.ENOENT, $"fusemount program {words[0]} is not in the image", "name a program of the image, or host:COMMAND for one of the host"),
                new(default, $"cannot start the FUSE program {words[0]} inside"),
            ],
        });
        return index;
    }

    private static List<string> Command(string program, string[] words) => [program, "-f", .. words[1..^1], "{fuse}"];

    private static void AddMount(PlanContext plan, ulong index, string target)
    {
        string why = plan.Request.Why("fusemount");
        string id = string.Create(CultureInfo.InvariantCulture,
            $"user_id={plan.Isolation.InsideUid},group_id={plan.Isolation.InsideGid}");
        var failures = new Failure[] { new(default, $"cannot mount FUSE on {target}") };

        // A program inside answers only when it is started, later: nothing may look into its mount before, so it is made where it stays.
        const ulong InRoot = MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NoSuid | MountFlags.NoDev;
        if (index >= FuseProgramStep.FirstIndex)
        {
            plan.Steps.Add(new MountFuseStep($"Mounting FUSE: {target}", why, $"rootmode=40755,{id}", target, InRoot, index) { Failures = failures });
            return;
        }

        string session = $"fuse{index}";
        plan.Steps.Add(new DirectoryStep($"Creating directory for FUSE: {target}", why, session, 0x1ED));
        plan.Steps.Add(new MountFuseStep($"Mounting FUSE: {target}", why, $"rootmode=40755,{id}", session, MountFlags.NoSuid | MountFlags.NoDev, index) { Failures = failures });
        plan.Steps.Add(new MountStep($"Mounting directory: {target}", why, session, target, InRoot | MountFlags.SourceInSession) { Failures = failures });
    }
}
