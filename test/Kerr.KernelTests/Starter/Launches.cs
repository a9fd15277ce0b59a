using System;
using Kerr.Plan;

namespace Kerr.KernelTests.Starter;

/// <summary>Plans of common launches; a launch as an ordinary user, in the shape the planner gives it.</summary>
internal sealed class Launches
{
    public const ulong Mount = 0x20000, Users = 0x10000000, Processes = 0x20000000, Ipc = 0x8000000, Uts = 0x4000000, Net = 0x40000000;

    public const ulong HostBind = MountFlags.SourceOnHost | MountFlags.Recursive | MountFlags.NoSuid | MountFlags.NoDev
        | MountFlags.TargetInRoot | MountFlags.CreateTarget;

    private readonly PlanBuilder plan = new();
    private readonly string image;
    private readonly (int Uid, int Gid) user;

    public Launches(string image)
    {
        this.image = image;
        user = UserIds();
    }

    public PlanBuilder Plan => plan;

    public ulong Namespaces { get; set; } = Mount | Users;

    public ulong RootFlags { get; set; } = Kerr.Plan.RootFlags.Overlay | Kerr.Plan.RootFlags.UserXattr | Kerr.Plan.RootFlags.NoSuid | Kerr.Plan.RootFlags.NoDev;

    public bool Fork { get; set; }

    public bool AppInit { get; set; }

    public string[] Environment { get; set; } = ["PATH=/bin", "HOME=/"];

    public string? Script { get; set; }

    public ulong ExecFlags { get; set; }

    public string[] Directories { get; set; } = ["/"];

    /// <summary>Adds steps after the root is made.</summary>
    public Action<PlanBuilder>? Mounts { get; set; }

    /// <summary>A plan that runs a command of the image.</summary>
    public byte[] Run(params string[] command) => Run((command[0], command, command[0].Contains('/', StringComparison.Ordinal) ? 0 : CandidateFlags.SearchPath));

    public byte[] Shell(string script) => Run("/bin/sh", "-c", script);

    public byte[] Run(params (string Path, string[] Arguments, uint Flags)[] candidates)
    {
        bool users = (Namespaces & Users) != 0;
        plan.Add(StepKind.Unshare, users ? $"{user.Uid} {user.Uid} 1\n" : null, users ? $"{user.Gid} {user.Gid} 1\n" : null, flags: Namespaces, number: users ? 1u : 0u);
        if (Fork)
        {
            plan.Add(StepKind.Fork, flags: AppInit ? InitFlags.AppInit : 0);
        }

        plan.Add(StepKind.Session, data: plan.Text("mode=0755,size=16m"));
        plan.Add(StepKind.Directory, target: "image", number: 0x1ED);
        ulong flags = MountFlags.SourceOnHost | MountFlags.Recursive | MountFlags.NoSuid | MountFlags.NoDev;
        plan.Add(StepKind.Mount, image, "image", flags: flags | ((RootFlags & Kerr.Plan.RootFlags.Writable) == 0 ? MountFlags.ReadOnly : 0));
        plan.Add(StepKind.Root, "image", flags: RootFlags);
        Mounts?.Invoke(plan);
        plan.Add(StepKind.Enter);
        plan.Add(StepKind.WorkingDirectory, data: plan.Vector(Directories), policy: FailurePolicy.Quiet); // the first that fails is told
        plan.Add(StepKind.Privileges, flags: PrivilegeFlags.NoNewPrivileges | PrivilegeFlags.DropCapabilities);
        plan.Add(
            StepKind.Exec, Script, "/bin/sh", plan.Candidates(candidates), plan.Vector(Environment), plan.Vector(Environment), ExecFlags, 255,
            failures: plan.Failures((0, $"\"{candidates[0].Path}\": executable file not found in $PATH", "check the name")));
        return plan.Build();
    }

    public static (int Uid, int Gid) UserIds()
    {
        foreach (string line in System.IO.File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields[0] == TestUser.Name)
            {
                return (int.Parse(fields[2], null), int.Parse(fields[3], null));
            }
        }

        return (65534, 65534);
    }
}
