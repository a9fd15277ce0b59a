using System;
using System.Globalization;
using System.Text.Json;
using Kerr.Runtime.Audit;

namespace Kerr.Runtime.Trace;

/// <summary>How far a record can be believed.</summary>
public enum Verdict
{
    /// <summary>Root's starter sent it, and the source proves that.</summary>
    Proven,

    /// <summary>The user's own process sent it, and the source proves whose it is; the rest is that user's word.</summary>
    Reported,

    /// <summary>The source knows nothing of the sender.</summary>
    Unproven,

    /// <summary>It says something that the source knows to be otherwise, or is no record.</summary>
    Forged,
}

/// <summary>A record held against what its source knows: who it is about, and whether to believe it.</summary>
/// <param name="Uid">Whose launch it is, as far as that is proven; for a forged record, who sent it.</param>
/// <param name="Job">By the control group that the source or root's starter saw.</param>
/// <param name="ClaimedJob">By what the user's process says: its control group, or the variables of its environment.</param>
public sealed record Judgement(
    Verdict Verdict, string? Why, string? Event, string? Launch, uint? Uid, int? Pid, ulong? StartedAt, uint? LoginUid, string? Boot, string? Job, string? ClaimedJob)
{
    private const string Starter = "starter", Reporter = "reported";

    /// <summary>Reads a record's line; the document is null when it is none.</summary>
    public static Judgement Of(string line, Evidence evidence, out JsonDocument? record)
    {
        record = Parse(line);
        if (record is null)
        {
            return Forged(evidence, "this is no record: not an object of JSON");
        }

        JsonElement top = record.RootElement;
        bool fromStarter = Text(top, "trust") == Starter;
        if (Number(top, "kerr") != 1 || Text(top, "event") is not ("start" or "denial" or "exit") || (!fromStarter && Text(top, "trust") != Reporter))
        {
            return Forged(evidence, "this is no record of a version that is known");
        }

        JsonElement said = fromStarter && top.TryGetProperty("reported", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object ? inner : top;
        uint? uid = (uint?)Number(top, "uid");
        int? pid = (int?)Number(top, "pid");
        var judged = new Judgement(
            Verdict.Unproven, null, Text(top, "event"), LaunchId(said), uid, pid, (ulong?)Number(top, "started"), (uint?)Number(top, "loginuid"),
            evidence.Boot ?? Text(said, "boot"), null, null);
        if (evidence.Uid is not { } sender)
        {
            return judged with { Why = "the source does not know who sent it", ClaimedJob = Claimed(top, said) };
        }

        if (!fromStarter && Number(top, "inside") == 1 && (sender != uid || evidence.Pid != pid))
        {
            // In a user or PID namespace of their own launches have other numbers. Those that the source knows are the true ones.
            judged = judged with { Uid = sender, Pid = evidence.Pid, StartedAt = evidence.StartedAt, LoginUid = evidence.LoginUid, Why = "sent from inside a container: its own numbers are others" };
            uid = sender;
            pid = evidence.Pid;
        }

        string? wrong = fromStarter
            ? sender != 0 ? $"it says that it comes from the setuid starter, but user {sender} sent it" : null
            : sender != uid ? $"it says user {uid}, but user {sender} sent it" : null;
        bool ofItself = fromStarter || judged.Event != "exit"; // of a launch's processes another may see the end
        wrong ??= ofItself && evidence.Pid is { } process && process != pid ? $"it says process {pid}, but process {process} sent it" : null;
        wrong ??= ofItself && evidence.StartedAt < judged.StartedAt ? $"process {pid} started before it says" : null;

        // A younger process: the sender has ended and its number is another's, so what was seen is not about the sender.
        bool another = ofItself && evidence.StartedAt > (judged.StartedAt ?? 0);
        evidence = another ? evidence with { LoginUid = null, ControlGroups = null, StartedAt = null } : evidence;
        wrong ??= !fromStarter && judged.Event != "exit" && evidence.LoginUid is { } login && login != judged.LoginUid ? $"it says loginuid {judged.LoginUid}, but that is {login}" : null;
        if (wrong is not null)
        {
            return Forged(evidence, wrong) with { Event = judged.Event };
        }

        string? groups = evidence.ControlGroups ?? (fromStarter ? Text(top, "cgroup") : null);
        string? job = groups is null ? null : SchedulerJob.Of(groups);
        string? claimed = Claimed(top, said);
        return judged with
        {
            Verdict = fromStarter ? Verdict.Proven : Verdict.Reported,
            Why = another ? "the process had ended before it could be looked at, or started later than it says" : judged.Why,
            LoginUid = evidence.LoginUid ?? judged.LoginUid,
            Job = job,
            ClaimedJob = claimed == job ? null : claimed,
        };
    }

    internal static string? Text(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && TryText(value, out string? text) ? text : null;

    internal static long? Number(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out long number) && number is >= 0 and <= long.MaxValue
            && (name is not ("uid" or "loginuid") || number <= uint.MaxValue) && (name != "pid" || number <= int.MaxValue) ? number : null;

    private static Judgement Forged(Evidence evidence, string why)
        => new(Verdict.Forged, why, null, null, evidence.Uid, evidence.Pid, evidence.StartedAt, evidence.LoginUid, evidence.Boot,
            evidence.ControlGroups is { } groups ? SchedulerJob.Of(groups) : null, null);

    private static string? Claimed(JsonElement top, JsonElement said)
    {
        if ((Text(said, "cgroup") ?? Text(top, "cgroup")) is { } groups && SchedulerJob.Of(groups) is { } job)
        {
            return job;
        }

        if (said.TryGetProperty("claimed", out JsonElement claimed))
        {
            ReadOnlySpan<(string, string)> ids =
            [
                ("SLURM_JOB_ID", "slurm"), ("PBS_JOBID", "pbs"), ("LSB_JOBID", "lsf"), ("FLUX_JOB_ID", "flux"), ("OAR_JOB_ID", "oar"), ("COBALT_JOBID", "cobalt"),
                ("JOB_ID", "sge"), ("_CONDOR_SLOT", "htcondor"),
            ];
            foreach ((string name, string scheduler) in ids)
            {
                if (Text(claimed, name) is { Length: > 0 and <= 64 } id && id != "?")
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{scheduler}:{id}");
                }
            }
        }

        return null;
    }

    /// <summary>The launch's id, if it is one: it is compared with others and printed.</summary>
    private static string? LaunchId(JsonElement said)
    {
        string? id = Text(said, "launch");
        return id is { Length: 32 } && !id.AsSpan().ContainsAnyExcept(TraceHead.HexDigits) ? id : null;
    }

    private static JsonDocument? Parse(string line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Then it is none.
        }

        return null;
    }

    /// <summary>False for text with half a surrogate pair, which the reader takes and cannot give.</summary>
    private static bool TryText(JsonElement value, out string? text)
    {
        try
        {
            text = value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = null;
            return false;
        }
    }
}
