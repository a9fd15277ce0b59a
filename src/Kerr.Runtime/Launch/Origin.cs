using System;
using Kerr.Linux;

namespace Kerr.Runtime.Launch;

/// <summary>Where the value of an option came from, as reasons spell it: <c>flag --bind</c>, <c>variable APPTAINER_BIND</c>.</summary>
public static class Origin
{
    private const string Flag = "flag ", Variable = "variable ";

    public static string OfFlag(string name) => Flag + name;

    public static string OfVariable(string name) => Variable + name;

    /// <summary>What the user typed or set: <c>--bind</c>, <c>APPTAINER_BIND</c>.</summary>
    public static string Name(string origin) => origin[(origin.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>
    /// How an error about a value begins: <c>environment variable APPTAINER_BIND: </c>, or nothing for a flag, which the user
    /// has before their eyes.
    /// </summary>
    public static string Blame(string origin) => origin.StartsWith(Variable, StringComparison.Ordinal) ? $"environment {origin}: " : "";

    /// <summary>Acts on a value; what is wrong with it is blamed on the variable that it came from.</summary>
    /// <exception cref="UserException">That of <paramref name="act"/>, with the variable before its message.</exception>
    public static T Blaming<T>(string origin, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (UserException error) when (Blame(origin) is { Length: > 0 } blame && !IsBlamed(error))
        {
            throw new UserException(blame + error.Message, error.Remedy, error) { DeniedBy = error.DeniedBy };
        }
    }

    /// <summary>The same error, with a variable before it if it speaks of an option by its flag that this variable gave.</summary>
    internal static UserException? Blamed(LaunchRequest request, UserException error)
    {
        foreach ((string option, string origin) in request.Origins)
        {
            if (Blame(origin) is { Length: > 0 } blame && Mentions(error.Message, "--" + option) && !IsBlamed(error))
            {
                return new UserException(blame + error.Message, error.Remedy, error) { DeniedBy = error.DeniedBy };
            }
        }

        return null;
    }

    private static bool IsBlamed(UserException error) => error.Message.StartsWith("environment " + Variable, StringComparison.Ordinal);

    private static bool Mentions(string text, string flag)
    {
        int at = text.IndexOf(flag, StringComparison.Ordinal);
        int end = at + flag.Length;
        return at >= 0 && (end == text.Length || !(char.IsAsciiLetterOrDigit(text[end]) || text[end] == '-'));
    }
}
