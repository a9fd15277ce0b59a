using System;

namespace Kerr.Linux;

/// <summary>A failure that is explained to the user: what went wrong, and what they can type next.</summary>
/// <remarks>
/// Lower case, subject first, no full stop, values in it. Thrown where it is known what the user was doing; printed in
/// one place only, the program's entry point.
/// </remarks>
public sealed class UserException(string message, string? remedy = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string? Remedy { get; } = remedy;

    /// <summary>The directive of the configuration that refuses what was asked for; null when it is no decision of the site.</summary>
    public string? DeniedBy { get; init; }
}
