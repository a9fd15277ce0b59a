using System.Collections.Generic;
using Kerr.Image;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>/tmp, /var/tmp and scratch directories, and the `--workdir` that may stand behind them.</summary>
internal static class WorkDirectory
{
    private const uint Sticky = 0x3FF;      // 01777

    /// <summary>The work directory of the host, absolute; null without one.</summary>
    public static string? Path(PlanContext plan)
        => string.IsNullOrEmpty(plan.Request.WorkDirectory)
            ? null : FileSystem.Absolute(plan.Request.WorkDirectory, plan.Host.WorkingDirectory ?? "/");

    public static void AddTemporary(PlanContext plan)
    {
        if (!plan.Configuration.MountTmp || plan.Isolation.NoMount.Contains("tmp"))
        {
            plan.Notes.Skip("/tmp and /var/tmp", plan.Configuration.MountTmp ? plan.Request.Why("no-mount") : "configuration: mount tmp = no");
            return;
        }

        string? work = plan.Isolation.Contain ? Path(plan) : null;
        if (work is not null && !plan.Configuration.UserBindControl)
        {
            plan.Notes.SkipLoudly("--workdir", "user bind control is disabled by the administrator");
            return;
        }

        Add("/tmp", "tmp");
        if (plan.Image.Tree is { } tree && EndOf(tree, "/var/tmp") == EndOf(tree, "/tmp"))
        {
            plan.Notes.Skip("/var/tmp", "in the image it is the same as /tmp, which it would cover");
            return;
        }

        Add("/var/tmp", "var_tmp");

        void Add(string target, string name)
        {
            if (UserBinds.Covers(plan, target))
            {
                plan.Notes.Skip(target, "a bind of the user stands there");
                return;
            }

            ulong flags = MountFlags.TargetInRoot | MountFlags.CreateTarget | plan.BindFlags;
            string text = $"Mounting directory: {target}";
            if (!plan.Isolation.Contain)
            {
                // SkipSame: on some hosts the one is a link to the other.
                Mount(new MountStep(text, "configuration: mount tmp = yes", target, target, flags | MountFlags.SourceOnHost | MountFlags.SkipSame));
            }
            else if (work is not null)
            {
                plan.HostDirectories.Add(new HostDirectory($"{work}/{name}", Sticky, plan.Request.Why("workdir")));
                Mount(new MountStep(text, plan.Request.Why("workdir"), $"{work}/{name}", target, flags | MountFlags.SourceOnHost));
            }
            else
            {
                string session = "tmp_" + name;
                plan.Steps.Add(new DirectoryStep($"Creating an empty {target}", plan.WhyContained, session, Sticky));
                Mount(new MountStep(text, plan.WhyContained, session, target, flags | MountFlags.SourceInSession));
            }

            void Mount(MountStep step) => plan.Steps.Add(step with
            {
                Mode = Sticky,
                Policy = FailurePolicy.Quiet,
                Failures = [new(default, $"cannot mount {step.Source} on {target}")],
            });
        }
    }

    /// <summary>Where a chain of links ends in an image.</summary>
    private static string EndOf(IImageTree tree, string path)
    {
        const int MostLinks = 40;
        for (int i = 0; i < MostLinks && tree.ReadLink(path) is { Length: > 0 } target; i++)
        {
            path = FileSystem.Clean(target[0] == '/' ? target : $"{path[..path.LastIndexOf('/')]}/{target}");
        }

        return path;
    }

    public static void AddScratch(PlanContext plan)
    {
        if (plan.Request.Scratch.Count == 0)
        {
            return;
        }

        if (!plan.Configuration.UserBindControl)
        {
            plan.Notes.SkipLoudly("--scratch", "user bind control is disabled by the administrator");
            return;
        }

        string? work = Path(plan);
        var made = new HashSet<string>(System.StringComparer.Ordinal);
        int number = 0;
        foreach (string scratch in plan.Request.Scratch)
        {
            string target = FileSystem.Absolute(scratch, "/");
            if (!made.Add(target))
            {
                continue;
            }

            string why = plan.Request.Why("scratch");
            ulong flags = MountFlags.TargetInRoot | MountFlags.CreateTarget | plan.BindFlags;
            MountStep step;
            if (work is not null)
            {
                string source = $"{work}/scratch{target}";
                plan.HostDirectories.Add(new HostDirectory(source, 0x1E8, why));
                step = new MountStep($"Mounting scratch directory: {target}", why, source, target, flags | MountFlags.SourceOnHost);
            }
            else
            {
                string session = $"scratch{number++}";
                plan.Steps.Add(new DirectoryStep($"Creating scratch directory: {target}", why, session, Sticky));
                step = new MountStep($"Mounting scratch directory: {target}", why, session, target, flags | MountFlags.SourceInSession);
            }

            plan.Steps.Add(step with { Failures = [new(default, $"cannot mount the scratch directory {target}")] });
        }
    }
}
