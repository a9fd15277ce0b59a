using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

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

/// <summary>Enters the root and leaves everything of the host behind.</summary>
public sealed record EnterStep(string Text, string Why) : PlanStep(Text, Why)
{
    public override StepKind Kind => StepKind.Enter;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
    }
}
