using System;
using Xunit;

namespace Kerr.EndToEnd.Harness;

/// <summary>How a program ended and what it said. Text is Latin-1: a character is a byte.</summary>
/// <param name="ExitCode">Its exit code; -1 when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
internal sealed record Result(string CommandLine, int ExitCode, int Signal, string Out, string Err)
{
    /// <summary>Standard output without the last newline.</summary>
    public string Line => Out.EndsWith('\n') ? Out[..^1] : Out;

    public string[] Lines => Line.Length == 0 ? [] : Line.Split('\n');

    /// <summary>It ended with 0.</summary>
    public Result Succeeds() => Ends(0);

    public Result Ends(int code)
    {
        Assert.True(Signal == 0 && ExitCode == code, $"expected exit code {code}\n{this}");
        return this;
    }

    public Result EndsBySignal(int signal)
    {
        Assert.True(Signal == signal, $"expected signal {signal}\n{this}");
        return this;
    }

    /// <summary>It ended with 0, printed exactly this line (or lines), and nothing on standard error.</summary>
    public Result Prints(string text)
    {
        Ends(0);
        Assert.True(Line == text, $"expected output: {text}\n{this}");
        return Silent();
    }

    public Result Silent()
    {
        Assert.True(Err.Length == 0, $"expected nothing on standard error\n{this}");
        return this;
    }

    /// <summary>It ended with 0, and the output has this in it.</summary>
    public Result Shows(string text)
    {
        Ends(0);
        Assert.True(Out.Contains(text, StringComparison.Ordinal), $"expected in the output: {text}\n{this}");
        return this;
    }

    public Result Hides(string text)
    {
        Ends(0);
        Assert.False(Out.Contains(text, StringComparison.Ordinal), $"not expected in the output: {text}\n{this}");
        return this;
    }

    /// <summary>Standard error has this in it.</summary>
    public Result Warns(string text)
    {
        Assert.True(Err.Contains(text, StringComparison.Ordinal), $"expected on standard error: {text}\n{this}");
        return this;
    }

    /// <summary>Our own failure: FATAL with this in the message, exit 255, nothing on standard output.</summary>
    public Result IsFatal(string message)
    {
        Ends(255);
        Assert.True(Out.Length == 0, $"expected no output\n{this}");
        int at = Err.IndexOf("FATAL:   ", StringComparison.Ordinal);
        Assert.True(at >= 0 && Err.IndexOf(message, at, StringComparison.Ordinal) >= 0, $"expected FATAL with: {message}\n{this}");
        return this;
    }

    public override string ToString()
        => $"command: {CommandLine}\nexit code {ExitCode}, signal {Signal}\n--- output\n{Clip(Out)}--- errors\n{Clip(Err)}---";

    private static string Clip(string text) => text.Length <= 4000 ? text : $"{text[..2000]}\n… {text.Length - 4000} characters …\n{text[^2000..]}";
}
