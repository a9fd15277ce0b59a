namespace Kerr.Runtime.Environment;

/// <summary>One decision about a variable: its value inside (null: it is not there), and what decided so.</summary>
public sealed record EnvironmentChange(string Name, string? Value, string Reason);
