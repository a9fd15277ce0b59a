using System.Collections.Generic;

namespace Kerr.Runtime.Launch.Planning;

/// <summary>What was decided against, and what the user is told before the launch.</summary>
internal sealed class PlanNotes
{
    private const int WarningLevel = -2, InfoLevel = 1, VerboseLevel = 4;

    public List<SkippedStep> Skipped { get; } = [];

    public List<(int Level, string Text)> Lines { get; } = [];

    /// <summary>Something that is not done; told at verbose level.</summary>
    public void Skip(string what, string why)
    {
        Skipped.Add(new SkippedStep(what, why));
        Lines.Add((VerboseLevel, $"Skipping {what}: {why}"));
    }

    /// <summary>Something asked for that is not done: the user must see it.</summary>
    public void SkipLoudly(string what, string why)
    {
        Skipped.Add(new SkippedStep(what, why));
        Lines.Add((WarningLevel, $"Skipping {what}: {why}"));
    }

    public void Warn(string text) => Lines.Add((WarningLevel, text));

    public void Verbose(string text) => Lines.Add((VerboseLevel, text));

    public void Info(string text) => Lines.Add((InfoLevel, text));
}
