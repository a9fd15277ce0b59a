using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>/dev: the host's, or a small one of its own.</summary>
internal static class DevicePlan
{
    private const string Session = "dev";

    /// <summary>Whether /dev is a small one, into which single devices can be bound.</summary>
    public static bool IsMinimal(PlanContext plan)
        => IsMounted(plan) && (plan.Configuration.MountDev == "minimal" || plan.Isolation.Contain) && !UserBinds.Covers(plan, "/dev");

    public static bool IsMounted(PlanContext plan)
        => plan.Configuration.MountDev != "no" && !plan.Isolation.NoMount.Contains("dev");

    public static void Add(PlanContext plan)
    {
        if (!IsMounted(plan))
        {
            plan.Notes.Skip("/dev", plan.Configuration.MountDev == "no" ? "configuration: mount dev = no" : plan.Request.Why("no-mount"));
        }
        else if (IsMinimal(plan))
        {
            AddMinimal(plan);
        }
        else
        {
            plan.Steps.Add(new MountStep(
                "Mounting devices: /dev", UserBinds.Covers(plan, "/dev") ? plan.Request.Why("bind") : "configuration: mount dev = yes", "/dev", "/dev",
                MountFlags.SourceOnHost | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.Recursive | MountFlags.NoSuid)
            {
                Policy = FailurePolicy.Warn,
                Failures = [RootPlan.Lacks(plan, "/dev"), new(default, "cannot mount /dev")],
            });
        }
    }

    private static void AddMinimal(PlanContext plan)
    {
        string why = plan.Isolation.Contain ? $"{plan.WhyContained}: only harmless devices" : "configuration: mount dev = minimal";
        Directory(plan, Session, 0x1ED, why);
        foreach (string device in (ReadOnlySpan<string>)["null", "zero", "random", "urandom", "tty", "full"])
        {
            Device(plan, "/dev/" + device, device, why);
        }

        foreach ((string link, string text) in (ReadOnlySpan<(string, string)>)
            [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")])
        {
            plan.Steps.Add(new SymlinkStep($"Creating link: /dev/{link}", why, $"{Session}/{link}", text));
        }

        NewFileSystem(plan, "tmpfs", "shm", "mode=1777", plan.Ranks is null ? why : $"{why}; the ranks of {plan.Ranks.Text} have it together", FailurePolicy.Fatal);
        if (plan.Isolation.Ipc)
        {
            NewFileSystem(plan, "mqueue", "mqueue", null, "new IPC namespace", FailurePolicy.Quiet);
        }

        AddTerminals(plan, why);
        AddRequestedDevices(plan);
        plan.Steps.Add(new MountStep(
            "Mounting devices: /dev", why, Session, "/dev",
            MountFlags.SourceInSession | MountFlags.TargetInRoot | MountFlags.CreateTarget | MountFlags.Recursive)
        {
            Failures = [RootPlan.Lacks(plan, "/dev"), new(default, "cannot mount /dev")],
        });
    }

    private static void AddTerminals(PlanContext plan, string why)
    {
        if (!plan.Configuration.MountDevPts || plan.Isolation.NoMount.Contains("devpts"))
        {
            plan.Notes.Skip("/dev/pts", plan.Configuration.MountDevPts ? plan.Request.Why("no-mount") : "configuration: mount devpts = no");
        }
        else
        {
            string options = "newinstance,ptmxmode=0666,mode=0620";
            if (!plan.Isolation.InUserNamespace && plan.Host.FindGroup("tty") is { } tty)
            {
                options += ",gid=" + tty.ToString(CultureInfo.InvariantCulture);
            }

            NewFileSystem(plan, "devpts", "pts", options, why, FailurePolicy.Quiet);
            plan.Steps.Add(new SymlinkStep("Creating link: /dev/ptmx", why, $"{Session}/ptmx", "pts/ptmx"));
        }

        for (int fd = 0; fd <= 2; fd++)
        {
            if (plan.Host.IsTerminal(fd) && plan.Host.ReadLink($"/proc/self/fd/{fd}") is { } terminal && plan.Host.Stat(terminal) is not null)
            {
                Device(plan, terminal, "console", "the caller's terminal");
                break;
            }
        }
    }

    /// <summary>`--bind /dev/x` adds that one device; nothing else of the host may go below /dev.</summary>
    private static void AddRequestedDevices(PlanContext plan)
    {
        var known = new HashSet<string>(StringComparer.Ordinal)
        {
            "null", "zero", "random", "urandom", "tty", "full", "fd", "stdin", "stdout", "stderr", "shm", "pts", "ptmx", "console", "mqueue",
        };
        foreach (BindSpecification bind in plan.Binds)
        {
            if (!UserBinds.IsDevice(bind))
            {
                continue;
            }

            string name = bind.Destination["/dev/".Length..];
            if (bind.Source != bind.Destination)
            {
                plan.Notes.SkipLoudly($"bind {bind.Source}", "source and destination must be the same below /dev");
            }
            else if (!known.Add(name))
            {
                plan.Notes.SkipLoudly($"bind {bind.Source}", "it is there already");
            }
            else if (plan.Host.Stat(bind.Source) is not { } status)
            {
                throw new UserException($"{Origin.Blame(bind.Why)}bind source {bind.Source} does not exist", "check the path of the device");
            }
            else
            {
                At(plan, bind.Source, name, status.IsDirectory, bind.Why);
            }
        }

        foreach (Devices.InjectedDevice device in InjectionPlan.SmallDevices(plan))
        {
            string name = device.Path["/dev/".Length..];
            if (known.Add(name))
            {
                At(plan, device.Source, name, plan.Host.Stat(device.Source) is { IsDirectory: true }, device.Why);
            }
        }
    }

    private static void At(PlanContext plan, string source, string name, bool isDirectory, string why)
    {
        string[] parts = name.Split('/');
        for (int i = 1; i < parts.Length; i++)
        {
            Directory(plan, $"{Session}/{string.Join('/', parts[..i])}", 0x1ED, why);
        }

        if (isDirectory)
        {
            Directory(plan, $"{Session}/{name}", 0x1ED, why);
            Bind(plan, source, name, why);
        }
        else
        {
            Device(plan, source, name, why);
        }
    }

    private static void Device(PlanContext plan, string source, string name, string why)
    {
        plan.Steps.Add(new FileStep($"Creating file: /dev/{name}", why, $"{Session}/{name}", 0x1A4, ""));
        Bind(plan, source, name, why);
    }

    private static void Bind(PlanContext plan, string source, string name, string why)
        => plan.Steps.Add(new MountStep(
            $"Mounting device: {source}", why, source, $"{Session}/{name}", MountFlags.SourceOnHost | MountFlags.NoSuid | MountFlags.Recursive)
        {
            Policy = FailurePolicy.Quiet,
            Failures = [new(default, $"cannot bind the device {source}")],
        });

    private static void NewFileSystem(PlanContext plan, string type, string name, string? options, string why, FailurePolicy policy)
    {
        Directory(plan, $"{Session}/{name}", 0x1ED, why);
        plan.Steps.Add(new MountStep(
            $"Mounting {type}: /dev/{name}", why, type, $"{Session}/{name}",
            MountFlags.NewFileSystem | MountFlags.NoSuid | (type == "devpts" ? MountFlags.NoExec : MountFlags.NoDev)
                | (name == "shm" && plan.Ranks is not null ? MountFlags.OfTheStep : 0))
        {
            Options = options,
            Policy = policy,
            Failures = [new(default, $"cannot mount {type} on /dev/{name}")],
        });
    }

    private static void Directory(PlanContext plan, string target, uint mode, string why)
        => plan.Steps.Add(new DirectoryStep($"Creating directory: /{target}", why, target, mode));
}
