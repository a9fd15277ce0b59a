using System;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Environment.Shell;

namespace Kerr.Runtime.Environment;

/// <summary>
/// The value of <c>--env</c> and of <c>APPTAINERENV_*</c>, which a shell evaluates once: <c>$UID</c> becomes a number, <c>\$UID</c> the
/// four characters.
/// </summary>
internal static class InjectedValue
{
    /// <summary>The value as shell text in double quotes, so that it is evaluated once and stays one word.</summary>
    /// <remarks>Quotes in it are plain characters; a backslash at its end, which would quote our own quote, is doubled.</remarks>
    internal static string Evaluated(string value)
    {
        StringBuilder text = new(value.Length + 2);
        text.Append('"');
        bool escaped = false;
        foreach (char c in value)
        {
            if (c == '"' && !escaped)
            {
                text.Append('\\');
            }

            escaped = c == '\\' && !escaped;
            text.Append(c);
        }

        return text.Append(escaped ? "\\\"" : "\"").ToString();
    }

    /// <summary>The value as shell text that stands for itself.</summary>
    internal static string Literal(string value) => "'" + value.Replace("'", "'\\''") + "'";

    /// <summary>Nothing in the value would be changed by evaluating it.</summary>
    internal static bool IsPlain(string value) => value.AsSpan().IndexOfAny('$', '`', '\\') < 0;

    /// <exception cref="UserException">The value is no shell text.</exception>
    internal static Word Parse(EnvironmentVariable variable)
    {
        string file = $"environment variable {variable.Name}";
        try
        {
            return ShellParser.ParseWord(Evaluated(variable.Value), file);
        }
        catch (ShellErrorException error)
        {
            throw Unusable(variable, error);
        }
    }

    internal static UserException Unusable(EnvironmentVariable variable, ShellErrorException error) => new(
        $"environment variable {variable.Name} cannot be evaluated: {error.What}",
        "write \\$ and \\` for these characters themselves, or add --no-eval", error);
}
