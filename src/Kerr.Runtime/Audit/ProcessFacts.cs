using System;
using System.Globalization;
using Kerr.Runtime.Launch;

namespace Kerr.Runtime.Audit;

/// <summary>What names a process for good: its number and when it started, in clock ticks since boot, <c>proc_pid_stat(5)</c>.</summary>
public readonly record struct ProcessFacts(int Pid, int Parent, int Session, ulong StartedAt, string Name)
{
    // Fields after the name, which begins at the first parenthesis and ends at the last: state 3, parent 4, group 5, session 6 … start time 22.
    private const int ParentField = 1, SessionField = 3, StartField = 19;

    /// <param name="process">Its number, or <c>self</c>.</param>
    public static ProcessFacts? Of(IHostFacts host, string process) => host.ReadText($"/proc/{process}/stat") is { } text ? Parse(text) : null;

    public static ProcessFacts? Parse(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal), close = text.LastIndexOf(')');
        if (open < 1 || close < open)
        {
            return null;
        }

        ReadOnlySpan<char> rest = text.AsSpan(close + 1).Trim(' ');
        Span<Range> fields = stackalloc Range[StartField + 2];
        if (rest.Split(fields, ' ') <= StartField
            || !int.TryParse(text.AsSpan(0, open).Trim(' '), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || !int.TryParse(rest[fields[ParentField]], NumberStyles.None, CultureInfo.InvariantCulture, out int parent)
            || !int.TryParse(rest[fields[SessionField]], NumberStyles.None, CultureInfo.InvariantCulture, out int session)
            || !ulong.TryParse(rest[fields[StartField]], NumberStyles.None, CultureInfo.InvariantCulture, out ulong started))
        {
            return null;
        }

        return new ProcessFacts(pid, parent, session, started, text[(open + 1)..close]);
    }
}
