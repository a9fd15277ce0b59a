using System;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

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
