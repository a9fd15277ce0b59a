using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>The payload's home: what stands where, and the mount that puts it there.</summary>
/// <param name="Destination">Path inside; null without a home.</param>
/// <param name="Source">Path on the host; null when the home is an empty directory of the session.</param>
/// <param name="Mounted">Whether it is mounted at all; without that only HOME is set.</param>
internal sealed record HomePlan(string? Destination, string? Source, bool Mounted)
{
    public static readonly HomePlan None = new(null, null, false);

    public static HomePlan Decide(PlanContext plan)
    {
        LaunchRequest request = plan.Request;
        bool custom = request.Home is not null;
        (string? source, string? destination) = custom ? Origin.Blaming(request.Why("home"), () => Custom(plan, request.Home!)) : Default(plan);
        if (destination is null)
        {
            plan.Notes.Skip("home directory", "the user database has no home for this user");
            return None;
        }

        if (plan.Isolation.NoMount.Contains("home"))
        {
            plan.Notes.Skip("home directory", request.Why(request.NoHome ? "no-home" : "no-mount"));
            return new HomePlan(destination, null, false);
        }

        if (custom && !plan.Configuration.UserBindControl)
        {
            throw new UserException(
                request.Blame("home") + "not mounting user requested home: user bind control is disallowed", "leave out --home, or ask the administrator")
            { DeniedBy = "user bind control" };
        }

        if (!custom && !plan.Configuration.MountHome)
        {
            plan.Notes.Skip("home directory", "configuration: mount home = no");
            return new HomePlan(destination, null, false);
        }

        if (destination == "/")
        {
            plan.Notes.SkipLoudly("home directory", "its path is /");
            return new HomePlan(destination, null, false);
        }

        return plan.Isolation.Contain && !custom
            ? new HomePlan(destination, ContainedSource(plan), true)
            : new HomePlan(destination, Existing(plan, source, custom), true);
    }

    public void AddMount(PlanContext plan)
    {
        if (!Mounted || Destination is null)
        {
            return;
        }

        string why = plan.Request.Home is not null ? plan.Request.Why("home")
            : plan.Isolation.Contain ? $"{plan.WhyContained}: the home is empty" : "configuration: mount home = yes";
        string text = $"Mounting home directory: {Destination}";
        ulong flags = MountFlags.TargetInRoot | MountFlags.CreateTarget | plan.BindFlags;
        Failure[] failures =
        [
            new(Errno.ENOENT, $"the image has no {Destination}, and it cannot be made there",
                plan.Request.Writable ? $"make it in the image: mkdir -p IMAGE{Destination}; or use --no-home" : "use --no-home"),
            new(Errno.EACCES, $"home directory {Source ?? Destination} cannot be reached", "check its permissions, or use --no-home"),
            new(default, $"cannot mount the home directory {Source ?? Destination}", "use --no-home to go without"),
        ];
        ulong from = Source is not null ? MountFlags.SourceOnHost : MountFlags.SourceInSession;
        if (Source is null)
        {
            plan.Steps.Add(new DirectoryStep("Creating an empty home directory", why, "home", 0x1ED));
        }

        int slash = Destination.IndexOf('/', 1);
        if (slash < 0 || RootPlan.HasLayer(plan) || plan.Image.Tree is null || plan.Image.Tree.TryStat(Destination, out _))
        {
            plan.Steps.Add(new MountStep(text, why, Source ?? "home", Destination, flags | from) { Failures = failures });
            return;
        }

        // The image is used as it is and has no such directory: its first part (/home) gives way to one that has.
        const string session = "homes";
        string first = Destination[..slash], rest = Destination[slash..];
        plan.Steps.Add(new DirectoryStep($"Creating a stand-in for {first}", why, session, 0x1ED));
        for (int end = rest.IndexOf('/', 1); end > 0; end = rest.IndexOf('/', end + 1))
        {
            plan.Steps.Add(new DirectoryStep($"Creating a stand-in for {first}", why, session + rest[..end], 0x1ED));
        }

        plan.Steps.Add(new DirectoryStep($"Creating a stand-in for {first}", why, session + rest, 0x1ED));
        plan.Steps.Add(new MountStep(text, why, Source ?? "home", session + rest, plan.BindFlags | from) { Failures = failures });
        plan.Steps.Add(new MountStep(
            $"Mounting stand-in for {first}", why, session, first,
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.Recursive)
        {
            Failures = failures,
        });
    }

    private static (string? Source, string? Destination) Custom(PlanContext plan, string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 2 || parts[0].Length == 0)
        {
            throw new UserException($"home argument has incorrect number of elements: {text}", "write --home SOURCE or --home SOURCE:DESTINATION");
        }

        string source = FileSystem.Absolute(parts[0], plan.Host.WorkingDirectory ?? "/");
        string destination = parts.Length == 2 ? parts[1] : source;
        return destination.StartsWith('/')
            ? (source, FileSystem.Clean(destination))
            : throw new UserException($"home destination {destination} is not absolute", "write --home SOURCE:/ABSOLUTE/PATH");
    }

    private static (string? Source, string? Destination) Default(PlanContext plan)
    {
        string? home = plan.Host.User?.Home;
        bool root = plan.Isolation.InsideUid == 0;
        if (string.IsNullOrEmpty(home) || !home.StartsWith('/'))
        {
            return root ? ("/root", "/root") : (null, null);
        }

        home = FileSystem.Clean(home);
        return (home, root ? "/root" : home);
    }

    /// <summary>With --contain: the work directory's `home`, or an empty directory of the session.</summary>
    private static string? ContainedSource(PlanContext plan)
    {
        if (WorkDirectory.Path(plan) is not { } work)
        {
            return null;
        }

        plan.HostDirectories.Add(new HostDirectory(work + "/home", 0x1C0, plan.Request.Why("workdir")));
        return work + "/home";
    }

    private static string? Existing(PlanContext plan, string? source, bool custom)
    {
        if (source is not null && plan.Host.Stat(source) is not null)
        {
            return source;
        }

        if (custom)
        {
            plan.Notes.Warn($"Home directory {source} does not exist: the home is empty and goes with the container");
        }
        else
        {
            plan.Notes.Skip($"home directory {source}", "it does not exist; the home is empty");
        }

        return null;
    }
}
