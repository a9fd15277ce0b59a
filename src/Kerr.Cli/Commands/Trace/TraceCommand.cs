using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kerr.Cli.Options;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Runtime.Trace;

namespace Kerr.Cli.Commands.Trace;

/// <summary><c>trace</c>: which user, image and job a process belongs to, out of the records that a collector has kept.</summary>
internal static class TraceCommand
{
    internal static Command Declare() => new()
    {
        Summary = "Tell which user, image and job a launch belongs to",
        Synopsis = "[options]",
        Description = "Answers from the records of launches that 'trace collect' keeps on this host. Options narrow the answer down together; without any it is "
            + "all there is; commands of the group keep the records and tell whether they are whole. A job with a question mark is what the user claims; where the host knows better, that stands there.\n\n"
            + "proven: root's setuid starter says so. reported: the user's own process says so, and whose it was is known. unproven: nobody knows who "
            + "says so. forged: it says something that is known to be otherwise.",
        Examples = "kerr trace --pid 4711\nkerr trace --user alice --since 12h\nkerr trace --job slurm:4711 --json\nkerr trace verify",
        Arity = Arity.Exactly(0),
        Options = static () => TraceOptions.Query,
        Run = Run,
    };

    /// <summary>The store that is asked for; an error where there is none to read.</summary>
    internal static string Store(Invocation invocation)
    {
        string store = invocation.Values.Text(TraceOptions.Store);
        if (!FileSystem.IsAccessible(store, 5))
        {
            throw new UserException(
                $"cannot read the store {store}", FileSystem.TryStat(store) is null ? "a site fills it: kerr trace collect; or name another with --store" : "run it as root");
        }

        return store;
    }

    private static int Run(Invocation invocation)
    {
        List<TracedLaunch> found = Asked(invocation.Values).Run(Store(invocation));
        var text = new StringBuilder();
        if (invocation.Values.Flag(TraceOptions.Json))
        {
            foreach (TracedLaunch launch in found)
            {
                // Both are whole objects, one line each.
                text.Append("{\"start\":").Append(launch.Line).Append(",\"end\":").Append(launch.Ended?.Line ?? "null").Append("}\n");
            }
        }
        else
        {
            Table(text, found);
        }

        StandardStream.Write(StandardStream.Output, text.ToString());
        return 0;
    }

    private static TraceQuery Asked(OptionValues values)
    {
        DateTime now = DateTime.UtcNow;
        string? verdict = Given(values, TraceOptions.Verdict);
        if (verdict is not (null or "proven" or "reported" or "unproven" or "forged"))
        {
            throw new UserException($"{verdict} is no verdict", "known are proven, reported, unproven and forged");
        }

        return new TraceQuery
        {
            Pid = values.IsSet(TraceOptions.Pid) ? values.Number(TraceOptions.Pid) : null,
            Uid = Given(values, TraceOptions.User) is { } user ? UidOf(user) : null,
            Image = Given(values, TraceOptions.Image),
            Digest = Given(values, TraceOptions.Digest),
            Job = Given(values, TraceOptions.Job),
            Launch = Given(values, TraceOptions.Launch),
            Since = Time(values, TraceOptions.Since, now),
            Until = Time(values, TraceOptions.Until, now),
            Verdict = verdict,
            Denied = values.Flag(TraceOptions.Denied),
        };
    }

    private static string? Given(OptionValues values, Option option) => values.IsSet(option) ? values.Text(option) : null;

    private static string? Time(OptionValues values, Option option, DateTime now)
        => Given(values, option) is not { } text ? null : Moment.Parse(text, now) ?? throw new UserException($"--{option.Name}: {text} is no time", "2026-11-27, '2026-11-27 08:30', 90m, 12h or 3d");

    private static uint UidOf(string user)
        => uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) ? uid
            : UserDatabase.FindUser(user)?.Uid ?? throw new UserException($"there is no user {user} on this host", "give the number of one who is gone: kerr trace --user 1000");

    private static void Table(StringBuilder text, List<TracedLaunch> found)
    {
        var names = new Dictionary<uint, string>();
        text.Append(CultureInfo.InvariantCulture, $"{"TIME",-20} {"VERDICT",-9} {"USER",-12} {"PID",8} {"JOB",-18} {"EVENT",-7} {"END",-28} IMAGE\n");
        foreach (TracedLaunch launch in found)
        {
            string time = launch.Time.Length > 19 ? launch.Time[..19] + "Z" : launch.Time;
            string job = launch.Job ?? (launch.ClaimedJob is { } claimed ? claimed + "?" : "-");
            string end = launch.End ?? launch.Ended?.End ?? (launch.Event == "denial" ? launch.Refusal ?? "-" : launch.Verdict != "forged" && IsRunning(launch) ? "running" : "not seen");
            text.Append(CultureInfo.InvariantCulture, $"{time,-20} {launch.Verdict,-9} {Name(launch.Uid, names),-12} {launch.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",8} {job,-18} ");
            text.Append(CultureInfo.InvariantCulture, $"{launch.Event,-7} {(launch.Verdict != "forged" ? end : "-"),-28} {launch.Image ?? "-"}\n");
            if (launch.Why is not null)
            {
                text.Append("    ").Append(launch.Why).Append('\n');
            }
        }
    }

    private static string Name(uint? uid, Dictionary<uint, string> names)
    {
        if (uid is not { } number)
        {
            return "-";
        }

        if (!names.TryGetValue(number, out string? name))
        {
            names[number] = name = UserDatabase.FindUser(number)?.Name ?? number.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }

    /// <summary>Whether the process is there still, and is the one that was meant.</summary>
    private static bool IsRunning(TracedLaunch launch)
        => launch.Pid is { } pid && launch.Boot == SocketEntry.Boot && launch.StartedAt is { } started && SocketEntry.StartTimeOf(pid) == started;
}
