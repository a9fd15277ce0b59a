using System;
using System.Collections.Generic;
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
