using System;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

/// <summary>What to say when a step fails with this error; <see cref="Errno"/> 0 fits every error.</summary>
public readonly record struct Failure(Errno Errno, string Message, string? Remedy = null);

/// <summary>One thing that the starter does, with the reason why it is in the plan.</summary>
/// <param name="Text">What it does, for people: <c>Mounting directory: /tmp</c>.</param>
/// <param name="Why">The flag, variable, configuration line or property of the image that asked for it.</param>
public abstract record PlanStep(string Text, string Why)
{
    public FailurePolicy Policy { get; init; }

    public IReadOnlyList<Failure> Failures { get; init; } = [];

    public abstract StepKind Kind { get; }

    internal abstract void Encode(PlanEncoder plan, Span<byte> step);

    /// <summary>What it works on, by name, for <c>kerr explain --json</c>.</summary>
    internal virtual void Describe(StepDescription description)
    {
    }
}

/// <summary>Collects the members of a step for people and programs to read.</summary>
public sealed class StepDescription
{
    public List<KeyValuePair<string, object>> Members { get; } = [];

    public void Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Members.Add(new(name, value));
        }
    }

    public void Add(string name, long value) => Members.Add(new(name, value));

    public void Add(string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            Members.Add(new(name, values));
        }
    }
}
