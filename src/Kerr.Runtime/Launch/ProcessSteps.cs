using System;
using System.Collections.Generic;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

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

/// <summary>Joins the launches that share a user namespace and mounts of images; without it the steps that follow make their own.</summary>
/// <param name="Keeper">The host path of the program that keeps them.</param>
public sealed record ShareStep(string Text, string Why, string Name, string Keeper) : PlanStep(Text, Why)
{
    /// <summary>The servers whose mounts are wanted, each with what it mounts of its file.</summary>
    public IReadOnlyList<(uint Server, string Key)> Images { get; init; } = [];

    /// <summary>Whether the launch is out of the others' reach: in a user namespace of its own below that of the mounts.</summary>
    public bool Apart { get; init; }

    /// <summary>Whether it is a rank that is apart from all but the other ranks of its step.</summary>
    public bool Together { get; init; }

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
        PlanEncoder.Put64(step, Step.Flags, (Apart ? ShareFlags.Apart : 0) | (Together ? ShareFlags.Together : 0));
    }

    internal override void Describe(StepDescription description)
    {
        description.Add("name", Name);
        description.Add("users", Apart ? "own" : Together ? "the step's" : "shared");
    }
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
