using Kerr.Runtime.Trace;

namespace Kerr.Cli.Options;

/// <summary>Options of the group <c>trace</c>.</summary>
internal static class TraceOptions
{
    internal static readonly Option Store = new("store", '\0', OptionKind.Text, OptionScope.None, "directory of the records")
    { ValueName = "DIR", Default = TraceStore.DefaultDirectory };

    internal static readonly Option Pid = new("pid", 'p', OptionKind.Number, OptionScope.None, "only of this process");

    internal static readonly Option User = new("user", 'u', OptionKind.Text, OptionScope.None, "only of this user, a name or number") { ValueName = "USER" };

    internal static readonly Option Image = new("image", 'i', OptionKind.Text, OptionScope.None, "only of images whose path holds this") { ValueName = "TEXT" };

    internal static readonly Option Digest = new("digest", 'd', OptionKind.Text, OptionScope.None, "only of images whose digest or id begins so") { ValueName = "HEX" };

    internal static readonly Option Job = new("job", 'j', OptionKind.Text, OptionScope.None, "only of this job: slurm:4711, or the number alone") { ValueName = "JOB" };

    internal static readonly Option Launch = new("launch", '\0', OptionKind.Text, OptionScope.None, "only the launch of this id") { ValueName = "ID" };

    internal static readonly Option Since = new("since", '\0', OptionKind.Text, OptionScope.None, "only from this time on: 2026-11-27, '2026-11-27 08:30' (UTC), 90m, 12h, 3d ago") { ValueName = "TIME" };

    internal static readonly Option Until = new("until", '\0', OptionKind.Text, OptionScope.None, "only up to this time") { ValueName = "TIME" };

    internal static readonly Option Verdict = new("verdict", '\0', OptionKind.Text, OptionScope.None, "only what is proven, reported, unproven or forged") { ValueName = "WORD" };

    internal static readonly Option Denied = new("denied", '\0', OptionKind.Flag, OptionScope.None, "only launches that the configuration refused");

    internal static readonly Option Json = new("json", '\0', OptionKind.Flag, OptionScope.None, "one object a line, with all that the store has");

    internal static readonly Option File = new("file", '\0', OptionKind.Text, OptionScope.None, "take records from a file that syslog writes") { ValueName = "FILE" };

    internal static readonly Option Listen = new("listen", '\0', OptionKind.Text, OptionScope.None, "take records from a socket of its own, until it is ended") { ValueName = "SOCKET" };

    internal static readonly Option Mode = new("mode", '\0', OptionKind.Text, OptionScope.None, "who may send to that socket; 0666: users, too") { ValueName = "MODE", Default = "0600" };

    internal static readonly Option Follow = new("follow", 'f', OptionKind.Flag, OptionScope.None, "go on with what comes, until it is ended");

    internal static readonly Option SegmentSize = new("segment-size", '\0', OptionKind.Number, OptionScope.None, "MiB of a file of the store, before the next is begun") { Default = "64" };

    internal static readonly Option Keep = new("keep", '\0', OptionKind.Number, OptionScope.None, "how many such files stay; 0: all") { Default = "0" };

    internal static readonly Option Head = new("head", '\0', OptionKind.Repeated, OptionScope.None, "hold the store against a head that was kept elsewhere, as trace head printed it") { ValueName = "HEAD" };

    internal static readonly Option[] Query = [Pid, User, Image, Digest, Job, Launch, Since, Until, Verdict, Denied, Json, Store];

    internal static readonly Option[] Collect = [File, Listen, Mode, Follow, SegmentSize, Keep, Store];

    internal static readonly Option[] Verify = [Head, Store];

    internal static readonly Option[] ShowHead = [Store];
}
