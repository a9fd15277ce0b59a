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
                throw new UserException("fusemount disabled by configuration 'enable fusemount = no'", "ask the administrator");
            }

            Add(plan, specification);
        }
    }

    private static void Add(PlanContext plan, string specification)
    {
        int colon = specification.IndexOf(':', StringComparison.Ordinal);
        string prefix = colon < 0 ? specification : specification[..colon];
        bool onHost = prefix is "host" or "host-daemon";
        if (!onHost && prefix is not ("container" or "container-daemon"))
        {
            throw new UserException($"fusemount spec begin with an unknown prefix {prefix}", "write container:COMMAND MOUNTPOINT or host:COMMAND MOUNTPOINT");
        }

        string[] words = specification[(colon + 1)..].Split((char[]?)[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !words[^1].StartsWith('/'))
        {
            throw new UserException($"fusemount {specification} has no command and absolute mount point", "write container:COMMAND MOUNTPOINT");
        }

        if (!onHost)
        {
            throw new UserException("fusemount programs inside the container are not supported yet", "use host:COMMAND MOUNTPOINT with a program of the host");
        }

        string target = FileSystem.Clean(words[^1]);
        string why = plan.Request.Why("fusemount");
        string program = words[0].StartsWith('/') ? words[0]
            : plan.Host.FindProgram(words[0], plan.SearchPath)
                ?? throw new UserException($"fusemount program {words[0]} is not on the host", "give its absolute path, or install it");
        ulong index = 0;
        foreach (PlanStep step in plan.Steps)
        {
            index += step is FuseServerStep ? 1u : 0u;
        }

        var command = new List<string> { program, "-f" };
        command.AddRange(words[1..^1]);
        command.Add("{fuse}");
        plan.Steps.Insert((int)index, new FuseServerStep($"Starting FUSE program: {program}", why, null, index, command)
        {
            Failures = [new(default, $"cannot start the FUSE program {program}")],
        });
        string id = string.Create(CultureInfo.InvariantCulture,
            $"user_id={plan.Isolation.InsideUid},group_id={plan.Isolation.InsideGid}");
        string session = $"fuse{index}";
        plan.Steps.Add(new DirectoryStep($"Creating directory for FUSE: {target}", why, session, 0x1ED));
        plan.Steps.Add(new MountFuseStep(
            $"Mounting FUSE: {target}", why, $"rootmode=40755,{id}", session, MountFlags.NoSuid | MountFlags.NoDev, index)
        {
            Failures = [new(default, $"cannot mount FUSE on {target}")],
        });
        plan.Steps.Add(new MountStep($"Mounting directory: {target}", why, session, target,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.NoSuid | MountFlags.NoDev)
        {
            Failures = [new(default, $"cannot mount FUSE on {target}")],
        });
    }
}
