using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

/// <summary>Forks a FUSE server that waits for its mount. <c>{fuse}</c> and <c>{image}</c> among the arguments stand for its descriptors.</summary>
/// <remarks>Our own image server is confined, and takes the numbers of both: <c>fuse={fuse}</c>, <c>image={image}</c>.</remarks>
public sealed record FuseServerStep(
    string Text, string Why, Descriptor? Image, ulong Index, IReadOnlyList<string> Arguments) : PlanStep(Text, Why)
{
    /// <summary>A library that is preloaded into the server.</summary>
    public Descriptor? Library { get; init; }

    /// <summary>What of its file it serves and how, when launches may share it; null when each needs its own.</summary>
    public string? ShareKey { get; init; }

    /// <summary>Our own server: confined before it starts, it waits itself for its device.</summary>
    public bool Confined { get; init; }

    public override StepKind Kind => StepKind.FuseServer;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        var arguments = new List<string>(Arguments.Count);
        foreach (string argument in Arguments)
        {
            arguments.Add(argument switch
            {
                "{fuse}" => $"/dev/fd/{plan.FuseNumber(Index)}",
                "{image}" when Image is not null => $"/proc/self/fd/{plan.Number(Image)}",
                "fuse={fuse}" => $"fuse={plan.FuseNumber(Index)}",
                "image={image}" when Image is not null => $"image={plan.Number(Image)}",
                _ => argument,
            });
        }

        var kept = new List<uint>(2);
        foreach (Descriptor? descriptor in (ReadOnlySpan<Descriptor?>)[Image, Library])
        {
            if (descriptor is not null)
            {
                kept.Add((uint)plan.Number(descriptor));
            }
        }

        PlanEncoder.Put(step, Step.Data, plan.Vector(arguments));
        PlanEncoder.Put(step, Step.Extra, plan.Vector(Library is null ? []
            : [$"LD_PRELOAD=/proc/self/fd/{plan.Number(Library)}", $"KERR_FUSE={plan.FuseNumber(Index)}"]));
        PlanEncoder.Put(step, Step.More, plan.Numbers(kept));
        PlanEncoder.Put64(step, Step.Flags, Confined ? FuseServerFlags.Confined : 0);
        PlanEncoder.Put64(step, Step.Number, (ulong)plan.FuseNumber(Index));
        PlanEncoder.Put64(step, Step.Number2, Index);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("command", Arguments);
        if (Confined)
        {
            description.Add("confined", "no files by name, no capabilities");
        }
    }
}

/// <summary>Leaves namespaces of the caller.</summary>
public sealed record UnshareStep(string Text, string Why, ulong Namespaces) : PlanStep(Text, Why)
{
    public const ulong Mount = 0x20000, Uts = 0x4000000, Ipc = 0x8000000, User = 0x10000000, Pid = 0x20000000, Net = 0x40000000;

    public string? UidMap { get; init; }

    public string? GidMap { get; init; }

    public bool DenySetgroups { get; init; }

    public IReadOnlyList<string>? UidMapCommand { get; init; }

    public IReadOnlyList<string>? GidMapCommand { get; init; }

    public override StepKind Kind => StepKind.Unshare;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text(UidMap));
        PlanEncoder.Put(step, Step.Target, plan.Text(GidMap));
        PlanEncoder.Put(step, Step.Data, plan.Vector(UidMapCommand));
        PlanEncoder.Put(step, Step.Extra, plan.Vector(GidMapCommand));
        PlanEncoder.Put64(step, Step.Flags, Namespaces);
        PlanEncoder.Put64(step, Step.Number, DenySetgroups ? 1u : 0u);
    }

    /// <summary>What is left, in the words of unshare(1).</summary>
    internal List<string> Names()
    {
        var names = new List<string>();
        ReadOnlySpan<(ulong, string)> all = [(User, "user"), (Mount, "mount"), (Pid, "pid"), (Ipc, "ipc"), (Uts, "uts"), (Net, "net")];
        foreach ((ulong bit, string name) in all)
        {
            if ((Namespaces & bit) != 0)
            {
                names.Add(name);
            }
        }

        return names;
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("namespaces", Names());
        description.Add("uidMap", UidMap?.TrimEnd('\n'));
        description.Add("gidMap", GidMap?.TrimEnd('\n'));
        description.Add("uidMapCommand", UidMapCommand ?? []);
        description.Add("gidMapCommand", GidMapCommand ?? []);
        if (DenySetgroups)
        {
            description.Add("setgroups", "deny");
        }
    }
}

/// <summary>Enters a namespace that is there already.</summary>
public sealed record JoinNamespaceStep(string Text, string Why, string Path, ulong Namespace) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.JoinNamespace;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text(Path));
        PlanEncoder.Put64(step, Step.Flags, Namespace);
    }

    internal override void Describe(StepDescription description) => description.Add("path", Path);
}

/// <summary>Forks process 1 of the new PID namespace, or the launch from a process that stays outside.</summary>
public sealed record ForkStep(string Text, string Why, bool AppInit) : PlanStep(Text, Why)
{
    /// <summary>The process that stays waits for the end of the FUSE servers.</summary>
    public bool Outside { get; init; }

    public override StepKind Kind => StepKind.Fork;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
        => PlanEncoder.Put64(step, Step.Flags, (AppInit ? InitFlags.AppInit : 0) | (Outside ? InitFlags.Outside : 0));

    internal override void Describe(StepDescription description)
        => description.Add(Outside ? "stays" : "process1", Outside ? "until the servers have ended" : AppInit ? "appinit" : "payload");
}

/// <summary>Makes the session, a tmpfs that nobody else sees.</summary>
public sealed record SessionStep(string Text, string Why, string Options, bool Private) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Session;

    /// <summary>A ramfs in place of a tmpfs: no limit of size, no swap.</summary>
    public bool Ramfs { get; init; }

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Data, plan.Text(Options));
        PlanEncoder.Put64(step, Step.Flags, (Private ? SessionFlags.Private : 0) | (Ramfs ? SessionFlags.Ramfs : 0));
    }

    internal override void Describe(StepDescription description)
    {
        if (Ramfs)
        {
            description.Add("type", "ramfs");
        }

        description.Add("options", Options);
        description.Add("propagation", Private ? "private" : "slave");
    }
}

/// <summary>Makes a directory in the session.</summary>
public sealed record DirectoryStep(string Text, string Why, string Target, uint Mode) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Directory;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put64(step, Step.Number, Mode);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("session", Target);
        description.Add("mode", "0" + Convert.ToString(Mode, 8));
    }
}

/// <summary>Writes a file in the session.</summary>
public sealed record FileStep(string Text, string Why, string Target, uint Mode, string Content) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.File;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Blob(System.Text.Encoding.Latin1.GetBytes(Content)));
        PlanEncoder.Put64(step, Step.Number, Mode);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("session", Target);
        description.Add("mode", "0" + Convert.ToString(Mode, 8));
        description.Add("content", Content);
    }
}

/// <summary>Makes a symlink in the session.</summary>
public sealed record SymlinkStep(string Text, string Why, string Target, string Link) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Symlink;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Source, plan.Text(Link));
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("session", Target);
        description.Add("link", Link);
    }
}

/// <summary>Mounts a partition of an image file by a kernel driver over a loop device.</summary>
public sealed record MountImageStep(
    string Text, string Why, Descriptor Image, string FileSystem, long Offset, long Size, string Target, ulong Flags, long MaximumLoopDevices)
    : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.MountImage;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Text(FileSystem));
        PlanEncoder.Put(step, Step.Extra, plan.Text(MaximumLoopDevices.ToString(CultureInfo.InvariantCulture)));
        PlanEncoder.Put64(step, Step.Flags, Flags);
        PlanEncoder.Put64(step, Step.Number, (ulong)plan.Number(Image));
        PlanEncoder.Put64(step, Step.Number2, (ulong)Offset);
        PlanEncoder.Put64(step, Step.Number3, (ulong)Size);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("image", Image.Path);
        description.Add("type", FileSystem);
        description.Add("offset", Offset);
        description.Add("size", Size);
        description.Add("session", Target);
        description.Add("flags", MountStep.Names(Flags));
    }
}

/// <summary>Mounts FUSE and lets the server that waits for it go.</summary>
/// <param name="Server">The index of a <see cref="FuseServerStep"/>, or of a <see cref="FuseProgramStep"/>.</param>
public sealed record MountFuseStep(
    string Text, string Why, string Options, string Target, ulong Flags, ulong Server) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.MountFuse;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Text(Options));
        PlanEncoder.Put64(step, Step.Flags, Flags);
        PlanEncoder.Put64(step, Step.Number, (ulong)plan.FuseNumber(Server));
        PlanEncoder.Put64(step, Step.Number2, Server < FuseProgramStep.FirstIndex ? Server : ulong.MaxValue);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("options", Options);
        description.Add((Flags & MountFlags.TargetInRoot) != 0 ? "target" : "session", Target);
        description.Add("flags", MountStep.Names(Flags));
    }
}

/// <summary>Makes the root that the payload will see.</summary>
public sealed record RootStep(string Text, string Why, ulong Flags) : PlanStep(Text, Why)
{
    /// <summary>Session paths of layers above the image, topmost first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    public string? Upper { get; init; }

    public string? Work { get; init; }

    /// <summary>The FUSE server that merges the layers where the kernel does not take the upper one, and its mount's options.</summary>
    public (ulong Index, string Options)? Server { get; init; }

    public override StepKind Kind => StepKind.Root;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text("image"));
        PlanEncoder.Put(step, Step.Data, plan.Vector(Layers));
        PlanEncoder.Put(step, Step.Extra, plan.Text(Upper));
        PlanEncoder.Put(step, Step.More, plan.Text(Work));
        PlanEncoder.Put(step, Step.Target, plan.Text(Server?.Options));
        PlanEncoder.Put64(step, Step.Flags, Flags);
        PlanEncoder.Put64(step, Step.Number2, Server?.Index ?? 0);
    }

    internal override void Describe(StepDescription description)
    {
        var ways = new List<string>();
        ReadOnlySpan<(ulong, string)> names =
        [
            (RootFlags.Overlay, "overlay"), (RootFlags.Underlay, "underlay"), (RootFlags.Bind, "bind"),
        ];
        foreach ((ulong bit, string name) in names)
        {
            if ((Flags & bit) != 0)
            {
                ways.Add(bit == RootFlags.Overlay && Server is not null ? "fuse-overlayfs" : name);
            }
        }

        description.Add("ways", ways);
        description.Add("writable", (Flags & RootFlags.Writable) != 0 ? "yes" : "no");
        description.Add("layers", Layers);
        description.Add("upper", Upper);
    }
}

/// <summary>Makes the payload's passwd file from the image's.</summary>
public sealed record PasswdStep(string Text, string Why, string Target, string Line, string Home, uint Uid, bool KeepName) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Passwd;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text("/etc/passwd"));
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Text(Line));
        PlanEncoder.Put(step, Step.Extra, plan.Text(Home));
        PlanEncoder.Put64(step, Step.Number, Uid);
        PlanEncoder.Put64(step, Step.Flags, KeepName ? 1u : 0u);
    }

    internal override void Describe(StepDescription description) => description.Add("line", Line);
}

/// <summary>Makes the payload's group file from the image's.</summary>
public sealed record GroupStep(string Text, string Why, string Target, IReadOnlyList<string> Lines) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Group;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text("/etc/group"));
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Vector(Lines));
    }

    internal override void Describe(StepDescription description) => description.Add("lines", Lines);
}

/// <summary>Sets the host name of a new UTS namespace.</summary>
public sealed record HostNameStep(string Text, string Why, string Name) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.HostName;

    internal override void Encode(PlanEncoder plan, Span<byte> step) => PlanEncoder.Put(step, Step.Source, plan.Text(Name));

    internal override void Describe(StepDescription description) => description.Add("name", Name);
}

/// <summary>Brings the loopback interface of a new network namespace up.</summary>
public sealed record LoopbackStep(string Text, string Why) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Loopback;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
    }
}

/// <summary>Enters the root and leaves everything of the host behind.</summary>
public sealed record EnterStep(string Text, string Why) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Enter;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
    }
}

/// <summary>Sets the working directory: the first that works.</summary>
public sealed record WorkingDirectoryStep(string Text, string Why, IReadOnlyList<string> Directories, bool FirstMustWork) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.WorkingDirectory;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Data, plan.Vector(Directories));
        PlanEncoder.Put64(step, Step.Flags, FirstMustWork ? 1u : 0u);
    }

    internal override void Describe(StepDescription description) => description.Add("directories", Directories);
}

/// <summary>Sets the file mode creation mask.</summary>
public sealed record UmaskStep(string Text, string Why, uint Mask) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Umask;

    internal override void Encode(PlanEncoder plan, Span<byte> step) => PlanEncoder.Put64(step, Step.Number, Mask);

    internal override void Describe(StepDescription description) => description.Add("mask", "0" + Convert.ToString(Mask, 8));
}

/// <summary>Reduces privileges for good.</summary>
public sealed record PrivilegesStep(string Text, string Why, ulong Flags) : PlanStep(Text, Why)
{
    /// <summary>Bits of the capabilities that stay.</summary>
    public ulong Capabilities { get; init; }

    public ulong Bounding { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public IReadOnlyList<uint> Groups { get; init; } = [];

    public override StepKind Kind => StepKind.Privileges;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Data, plan.Numbers(Groups));
        PlanEncoder.Put64(step, Step.Flags, Flags);
        PlanEncoder.Put64(step, Step.Number, Capabilities);
        PlanEncoder.Put64(step, Step.Number2, Bounding);
        PlanEncoder.Put64(step, Step.Number3, Uid | ((ulong)Gid << 32));
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("noNewPrivileges", (Flags & PrivilegeFlags.NoNewPrivileges) != 0 ? "yes" : "no");
        if ((Flags & PrivilegeFlags.DropCapabilities) != 0)
        {
            description.Add("capabilities", Capabilities.ToString("x16", CultureInfo.InvariantCulture));
            description.Add("bounding", Bounding.ToString("x16", CultureInfo.InvariantCulture));
        }

        if ((Flags & PrivilegeFlags.SetIds) != 0)
        {
            description.Add("uid", Uid);
            description.Add("gid", Gid);
        }
    }
}

/// <summary>Joins the launches that share a user namespace and mounts of images; without it the steps that follow make their own.</summary>
/// <param name="Keeper">The host path of the program that keeps them.</param>
public sealed record ShareStep(string Text, string Why, string Name, string Keeper) : PlanStep(Text, Why)
{
    /// <summary>The servers whose mounts are wanted, each with what it mounts of its file.</summary>
    public IReadOnlyList<(uint Server, string Key)> Images { get; init; } = [];

    /// <summary>Whether the launch is out of the others' reach: in a user namespace of its own below that of the mounts.</summary>
    public bool Apart { get; init; }

    public override StepKind Kind => StepKind.Share;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        var servers = new List<uint>();
        var keys = new List<string>();
        foreach ((uint server, string key) in Images)
        {
            servers.Add(server);
            keys.Add(key);
        }

        PlanEncoder.Put(step, Step.Source, plan.Text(Name));
        PlanEncoder.Put(step, Step.Target, plan.Text(Keeper));
        PlanEncoder.Put(step, Step.Data, plan.Vector(keys));
        PlanEncoder.Put(step, Step.Extra, plan.Numbers(servers));
        PlanEncoder.Put64(step, Step.Flags, Apart ? ShareFlags.Apart : 0);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("name", Name);
        description.Add("users", Apart ? "own" : "shared");
    }
}

/// <summary>Starts a FUSE program of the user inside. <c>{fuse}</c> among the arguments stands for its descriptor.</summary>
public sealed record FuseProgramStep(string Text, string Why, ulong Index, string Target, IReadOnlyList<string> Arguments) : PlanStep(Text, Why)
{
    /// <summary>Indices from here on are of programs, those below of servers.</summary>
    public const ulong FirstIndex = 16;

    public override StepKind Kind => StepKind.FuseProgram;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        int number = plan.FuseNumber(Index);
        var arguments = new List<string>(Arguments.Count);
        foreach (string argument in Arguments)
        {
            arguments.Add(argument == "{fuse}" ? $"/dev/fd/{number}" : argument);
        }

        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Vector(arguments));
        PlanEncoder.Put64(step, Step.Number, (ulong)number);
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("target", Target);
        description.Add("command", Arguments);
    }
}

/// <summary>Keeps signals inside.</summary>
public sealed record ConfineSignalsStep(string Text, string Why) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.ConfineSignals;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
    }
}

/// <summary>Installs a seccomp filter.</summary>
public sealed record SeccompStep(string Text, string Why, byte[] Filter) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Seccomp;

    internal override void Encode(PlanEncoder plan, Span<byte> step) => PlanEncoder.Put(step, Step.Data, plan.Blob(Filter));

    internal override void Describe(StepDescription description) => description.Add("instructions", Filter.Length / 8);
}
