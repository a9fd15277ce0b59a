namespace Kerr.Plan;

/// <summary>The records of launches as far as the starter has to do with them; docs/audit.md has their fields.</summary>
public static class RecordFormat
{
    // A record is one line of JSON that the planner writes in printable ASCII. What the planner, which the user runs, says can only be
    // believed as far as the user can. So a starter that is root puts it behind what it knows itself:
    //
    //   {"kerr":1,"trust":"starter","event":"start", numbers of its own …,"reported":<Record>}\n
    //
    // and sends that with its own credentials. Record is one JSON object and closes as many braces as it opens: it cannot leave its place.
    //
    // Ending ends in `"end":[`. Whoever sees the payload's end adds the wait status, seconds and microseconds of user and of system time,
    // the peak of memory in KiB, and `]}\n`, and writes it to the socket. 4294967295 for a status: it could not be started.

    /// <summary>The longest Record or Ending in bytes: together with what is added the line fits what syslog daemons take (8 KiB).</summary>
    public const int MostBytes = 7168;
}
