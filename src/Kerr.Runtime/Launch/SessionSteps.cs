using System;
using System.Collections.Generic;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

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
    /// <summary>What `kerr explain` says of a content that is no text.</summary>
    public string? Summary { get; init; }

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
        description.Add("content", Summary ?? Content);
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
