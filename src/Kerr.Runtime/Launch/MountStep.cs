using System;
using System.Collections.Generic;
using Kerr.Linux.Files;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

/// <summary>Mounts a new file system or binds something that is there.</summary>
public sealed record MountStep(string Text, string Why, string? Source, string Target, ulong Flags) : PlanStep(Text, Why)
{
    /// <summary>Options of a new file system.</summary>
    public string? Options { get; init; }

    /// <summary>What is bound, when it was opened before.</summary>
    public Descriptor? Descriptor { get; init; }

    /// <summary>The file that the source was when it was looked at: another of the same name is refused.</summary>
    public FileIdentity? Known { get; init; }

    /// <summary>Mode of the target directory, when it has to be made.</summary>
    public uint Mode { get; init; } = 0x1ED;    // 0755

    public override StepKind Kind => StepKind.Mount;

    internal static IReadOnlyList<string> Names(ulong flags)
    {
        var names = new List<string>();
        ReadOnlySpan<(ulong, string)> all =
        [
            (MountFlags.ReadOnly, "ro"), (MountFlags.NoSuid, "nosuid"), (MountFlags.NoDev, "nodev"),
            (MountFlags.NoExec, "noexec"), (MountFlags.Recursive, "rec"),
        ];
        foreach ((ulong bit, string name) in all)
        {
            if ((flags & bit) != 0)
            {
                names.Add(name);
            }
        }

        return names;
    }

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Source, plan.Text(Source));
        PlanEncoder.Put(step, Step.Target, plan.Text(Target));
        PlanEncoder.Put(step, Step.Data, plan.Text(Options));
        PlanEncoder.Put64(step, Step.Flags, Flags | (Known is null ? 0 : MountFlags.SourceIsKnown));
        PlanEncoder.Put64(step, Step.Number, Known is { } known ? known.DeviceMajor | ((ulong)known.DeviceMinor << 32) : Descriptor is null ? 0 : (ulong)plan.Number(Descriptor));
        PlanEncoder.Put64(step, Step.Number3, Known?.Inode ?? 0);
        PlanEncoder.Put64(step, Step.Number2, Mode);
    }

    internal override void Describe(StepDescription description)
    {
        string source = (Flags & MountFlags.NewFileSystem) != 0 ? "type"
            : (Flags & MountFlags.SourceInSession) != 0 ? "fromSession"
            : (Flags & MountFlags.SourceInRoot) != 0 ? "fromRoot" : "source";
        description.Add(source, Source ?? Descriptor?.Path);
        description.Add((Flags & MountFlags.TargetInRoot) != 0 ? "target" : "session", Target);
        description.Add("options", Options);
        description.Add("flags", Names(Flags));
    }
}
