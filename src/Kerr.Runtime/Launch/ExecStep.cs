using System;
using System.Collections.Generic;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

/// <summary>A command that may become the payload; the first that fits does.</summary>
public sealed record PayloadCandidate(string Path, IReadOnlyList<string> Arguments, uint Flags = 0)
{
    public string? Message { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];
}

/// <summary>Becomes the payload.</summary>
public sealed record ExecStep(string Text, string Why, IReadOnlyList<PayloadCandidate> Candidates) : PlanStep(Text, Why)
{
    /// <summary>The payload's environment, or what is added to it after the image's scripts ran.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The script that runs the image's environment scripts by its own shell; null when none is needed.</summary>
    public string? Script { get; init; }

    public string Shells { get; init; } = "/bin/sh";

    public IReadOnlyList<string> ScriptEnvironment { get; init; } = [];

    public ulong Flags { get; init; }

    /// <summary>Nanoseconds that the script may take; 0 for any time.</summary>
    public long ScriptLimit { get; init; }

    /// <summary>How many words of the first command are not the user's: scripts see those behind them.</summary>
    public int OwnWords { get; init; }

    /// <summary>Exit code when no candidate fits.</summary>
    public int ExitCode { get; init; } = 255;

    public override StepKind Kind => StepKind.Exec;

    internal override void Encode(PlanEncoder plan, Span<byte> step)
    {
        PlanEncoder.Put(step, Step.Data, plan.Candidates(Candidates));
        PlanEncoder.Put(step, Step.Extra, plan.Vector(Environment));
        PlanEncoder.Put(step, Step.Source, plan.Text(Script));
        PlanEncoder.Put(step, Step.Target, plan.Text(Shells));
        PlanEncoder.Put(step, Step.More, plan.Vector(ScriptEnvironment));
        PlanEncoder.Put64(step, Step.Flags, Flags);
        PlanEncoder.Put64(step, Step.Number, (ulong)ExitCode);
        PlanEncoder.Put64(step, Step.Number2, (ulong)ScriptLimit);
        PlanEncoder.Put64(step, Step.Number3, (ulong)OwnWords);
    }

    internal override void Describe(StepDescription description)
    {
        foreach (PayloadCandidate candidate in Candidates)
        {
            description.Add("command", candidate.Arguments);
        }

        string limit = ScriptLimit == 0 ? "" : $", for {new Duration(ScriptLimit)} at most";
        description.Add("environmentScripts", Script is null ? "none, or computed without a shell" : $"run by {Shells}{limit}");
    }
}
