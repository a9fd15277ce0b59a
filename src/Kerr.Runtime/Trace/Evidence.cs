namespace Kerr.Runtime.Trace;

/// <summary>What the place that a record came from knows of its sender by itself, whatever the record says. Null for what it does not know.</summary>
/// <param name="Source">journal, socket or file.</param>
/// <param name="Uid">Of the process that sent it.</param>
/// <param name="Time">When it came, RFC 3339.</param>
/// <param name="ControlGroups">As in <c>/proc/PID/cgroup</c>, or the path alone.</param>
public sealed record Evidence(
    string Source, string Time, uint? Uid = null, int? Pid = null, ulong? StartedAt = null, uint? LoginUid = null, uint? Session = null,
    string? ControlGroups = null, string? Boot = null, string? Host = null, string? Program = null);
