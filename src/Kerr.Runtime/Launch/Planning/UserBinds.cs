using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>Binds that the user asked for, in the order of their destinations, so that nested ones lie on top.</summary>
internal static class UserBinds
{
    /// <summary>All binds of the request, with absolute sources and clean destinations.</summary>
    /// <exception cref="UserException">One cannot be understood.</exception>
    public static List<BindSpecification> Parse(LaunchRequest request, IHostFacts host)
    {
        var binds = new List<BindSpecification>();
        for (int i = 0; i < request.Binds.Count; i++)
        {
            string text = request.Binds[i], why = request.Why("bind", i);
            foreach (BindSpecification bind in Origin.Blaming(why, () => new List<BindSpecification>(BindSpecification.ParseBind(text))))
            {
                Add(bind with { Why = why });
            }
        }

        for (int i = 0; i < request.Mounts.Count; i++)
        {
            string text = request.Mounts[i], why = request.Why("mount", i);
            foreach (BindSpecification bind in Origin.Blaming(why, () => new List<BindSpecification>(BindSpecification.ParseMount(text))))
            {
                Add(bind with { Why = why });
            }
        }

        return binds;

        void Add(BindSpecification bind)
        {
            string source = FileSystem.Absolute(bind.Source, host.WorkingDirectory ?? "/");
            string destination = bind.Destination.Length == 0 ? source : bind.Destination;
            if (!destination.StartsWith('/'))
            {
                throw new UserException(
                    $"{Origin.Blame(bind.Why)}cannot bind {bind.Source} onto {destination}: destination must be an absolute path",
                    $"write {bind.Source}:/{destination}, or leave out :{destination} for the path that it has outside");
            }

            binds.Add(bind with { Source = source, Destination = FileSystem.Clean(destination) });
        }
    }

    /// <summary>Whether a user's bind stands exactly there.</summary>
    public static bool Covers(PlanContext plan, string target)
    {
        foreach (BindSpecification bind in plan.Binds)
        {
            if (bind.Destination == target && (target != "/dev" || bind.Source == "/dev"))
            {
                return plan.Configuration.UserBindControl;
            }
        }

        return false;
    }

    public static bool IsDevice(BindSpecification bind)
        => bind.Destination.StartsWith("/dev/", StringComparison.Ordinal) && bind.Source.StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>Whether a source is known not to be there: behind a directory that the caller cannot search, only the attempt tells.</summary>
    public static bool IsMissing(PlanContext plan, string source)
        => plan.Host.Stat(source, follow: false) is null && plan.Host.IsAccessible(NearestParent(plan, source), 1);

    public static void Add(PlanContext plan)
    {
        IReadOnlyList<BindSpecification> binds = plan.Binds;
        if (binds.Count > 0 && !plan.Configuration.UserBindControl)
        {
            foreach (BindSpecification bind in binds)
            {
                plan.Notes.SkipLoudly($"bind {bind.Source}", "user bind control is disabled by the administrator");
            }

            return;
        }

        bool minimalDev = DevicePlan.IsMinimal(plan);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var images = new ImageBinds(plan);
        foreach (BindSpecification bind in Ordered(binds))
        {
            if ((minimalDev && IsDevice(bind)) || (bind.Destination == "/dev" && bind.Source == "/dev" && DevicePlan.IsMounted(plan)))
            {
                continue;       // part of /dev
            }

            if (IsDevice(bind) && !DevicePlan.IsMounted(plan))
            {
                plan.Notes.SkipLoudly($"bind {bind.Source}", "/dev is not mounted in this container");
            }
            else if (!seen.Add(bind.Destination))
            {
                plan.Notes.Warn($"While bind mounting '{bind.Source}:{bind.Destination}': destination is already in the mount point list");
            }
            else if (bind.IsImage)
            {
                images.Add(bind);
            }
            else
            {
                AddPlain(plan, bind);
            }
        }
    }

    private static void AddPlain(PlanContext plan, BindSpecification bind)
    {
        if (IsMissing(plan, bind.Source))
        {
            throw new UserException(
                $"{Origin.Blame(bind.Why)}bind source {bind.Source} does not exist", $"make it, or correct the path in {Origin.Name(bind.Why)}");
        }

        plan.Steps.Add(new MountStep(
            $"Mounting directory: {bind.Destination}", bind.Why, bind.Source, bind.Destination,
            MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget
            | plan.BindFlags | (bind.ReadOnly ? MountFlags.ReadOnly : 0))
        {
            Failures = Failures(plan, bind),
        });
    }

    internal static Failure[] Failures(PlanContext plan, BindSpecification bind) =>
    [
        new(Errno.ENOENT, $"{Origin.Blame(bind.Why)}cannot bind {bind.Source}: it, or the destination {bind.Destination} in the container, is not there",
            plan.Request.Writable
                ? $"with --writable destinations are not made by themselves: mkdir -p IMAGE{bind.Destination}"
                : RootPlan.HasLayer(plan) ? "check both paths" : "no layer is in use (overlay or underlay): ask the administrator, or bind onto a path that the image has"),
        new(Errno.EXDEV, $"{Origin.Blame(bind.Why)}cannot make the destination {bind.Destination} in the container: a link of the image leads from there into what is bound in, where nothing is made", "name the place that it leads to, or bind onto a path that is there"),
        new(Errno.EROFS, $"{Origin.Blame(bind.Why)}cannot make the destination {bind.Destination} in the container", "bind onto a path that the image has, or use --writable-tmpfs"),
        new(Errno.EACCES, $"{Origin.Blame(bind.Why)}cannot bind {bind.Source} onto {bind.Destination}", "check the permissions of the source and of the directories above it"),
        new(Errno.ENOTDIR, $"{Origin.Blame(bind.Why)}cannot bind {bind.Source} onto {bind.Destination}: one is a directory, the other a file", "bind a directory onto a directory, a file onto a file"),
        new(Errno.EISDIR, $"{Origin.Blame(bind.Why)}cannot bind {bind.Source} onto {bind.Destination}: one is a directory, the other a file", "bind a directory onto a directory, a file onto a file"),
        new(default, $"{Origin.Blame(bind.Why)}cannot bind {bind.Source} onto {bind.Destination}"),
    ];

    /// <summary>Stable, by path component: parents before what lies below them.</summary>
    private static List<BindSpecification> Ordered(IReadOnlyList<BindSpecification> binds)
    {
        var keyed = new List<(string Key, int Index, BindSpecification Bind)>(binds.Count);
        for (int i = 0; i < binds.Count; i++)
        {
            keyed.Add((binds[i].Destination.Replace('/', '\x01'), i, binds[i]));
        }

        keyed.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key) is var order && order != 0 ? order : a.Index - b.Index);
        return keyed.ConvertAll(static item => item.Bind);
    }

    /// <summary>The lowest directory above a path that the caller can see.</summary>
    private static string NearestParent(PlanContext plan, string path)
    {
        string parent = Parent(path);
        while (parent.Length > 1 && plan.Host.Stat(parent) is null)
        {
            parent = Parent(parent);
        }

        return parent;
    }

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash > 0 ? path[..slash] : "/";
}
