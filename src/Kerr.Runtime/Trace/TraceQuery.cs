using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Kerr.Runtime.Trace;

/// <summary>What is asked of a store. Nothing given finds everything.</summary>
public sealed record TraceQuery
{
    public int? Pid { get; init; }

    public uint? Uid { get; init; }

    /// <summary>Part of the image's path.</summary>
    public string? Image { get; init; }

    /// <summary>The beginning of the image's digest, or of its id.</summary>
    public string? Digest { get; init; }

    /// <summary><c>slurm:4711</c>, or the number alone.</summary>
    public string? Job { get; init; }

    public string? Launch { get; init; }

    /// <summary>As <see cref="Moment"/> writes it.</summary>
    public string? Since { get; init; }

    public string? Until { get; init; }

    /// <summary>A name of <see cref="StoredRecord.NameOf"/>.</summary>
    public string? Verdict { get; init; }

    /// <summary>Only refusals.</summary>
    public bool Denied { get; init; }

    /// <summary>Goes through the store once; launches in the order in which they began.</summary>
    public List<TracedLaunch> Run(string directory)
    {
        var found = new List<TracedLaunch>();
        var byId = new Dictionary<(string, uint), TracedLaunch>();
        byte[][] needles = Needles();
        foreach (string segment in TraceStore.Segments(directory))
        {
            using var reader = new LineReader(segment);
            while (reader.Next(out ReadOnlySpan<byte> line))
            {
                if (IsEnd(line))
                {
                    End(line, needles, byId, found);
                }
                else if (InTime(line) && Has(line, needles) && TracedLaunch.Read(line) is { } launch && Matches(launch))
                {
                    found.Add(launch);
                    if (launch.Launch is { } id && launch.Uid is { } uid && launch.Verdict != StoredRecord.NameOf(Trace.Verdict.Forged))
                    {
                        byId.TryAdd((id, uid), launch);
                    }
                }
            }
        }

        return found;
    }

    /// <summary>The end of a launch that was found; or one whose beginning nobody has.</summary>
    private void End(ReadOnlySpan<byte> line, byte[][] needles, Dictionary<(string, uint), TracedLaunch> byId, List<TracedLaunch> found)
    {
        ReadOnlySpan<byte> mark = "\"launch\":\""u8;
        int at = line.IndexOf(mark);
        string? id = at < 0 || line.Length < at + mark.Length + 32 ? null : Encoding.ASCII.GetString(line.Slice(at + mark.Length, 32));
        bool wanted = InTime(line) && Has(line, needles);
        if (!wanted && byId.Count == 0)
        {
            return;
        }

        if (TracedLaunch.Read(line) is not { } end)
        {
            return;
        }

        // An end counts for the launch of whose user it is: nobody ends another's.
        if (id is not null && end.Uid is { } uid && end.Verdict != StoredRecord.NameOf(Trace.Verdict.Forged) && byId.TryGetValue((id, uid), out TracedLaunch? launch))
        {
            launch.Ended ??= end;
        }
        else if (wanted && Matches(end))
        {
            found.Add(end);
        }
    }

    private bool Matches(TracedLaunch launch)
        => (Pid is null || launch.Pid == Pid || (launch.SaidPid == Pid && launch.Verdict == StoredRecord.NameOf(Trace.Verdict.Proven))) && (Uid is null || launch.Uid == Uid) && (Launch is null || launch.Launch == Launch)
            && (Verdict is null || launch.Verdict == Verdict) && (!Denied || launch.Event == "denial")
            && (Image is null || launch.Image?.Contains(Image, StringComparison.Ordinal) == true)
            && (Digest is null || launch.Digest?.StartsWith(Digest, StringComparison.Ordinal) == true || launch.ImageId?.StartsWith(Digest, StringComparison.Ordinal) == true)
            && (Job is null || IsJob(launch.Job) || IsJob(launch.ClaimedJob));

    private bool IsJob(string? job) => job is not null && (job == Job || job[(job.IndexOf(':', StringComparison.Ordinal) + 1)..] == Job);

    private bool InTime(ReadOnlySpan<byte> line)
    {
        if (Since is null && Until is null)
        {
            return true;
        }

        ReadOnlySpan<byte> mark = "\"at\":\""u8;
        int at = line.IndexOf(mark);
        string time = at < 0 || line.Length < at + mark.Length + 27 ? "" : Encoding.ASCII.GetString(line.Slice(at + mark.Length, 27));
        return (Since is null || string.CompareOrdinal(time, Since) >= 0) && (Until is null || string.CompareOrdinal(time, Until) <= 0);
    }

    private static bool IsEnd(ReadOnlySpan<byte> line) => line.IndexOf("\"event\":\"exit\""u8) is >= 0 and < 320;

    /// <summary>Bytes that a line must hold to match at all: looking for them is a hundred times faster than reading the line.</summary>
    private byte[][] Needles()
    {
        var needles = new List<byte[]>();
        Add(Pid is { } pid ? string.Create(CultureInfo.InvariantCulture, $"\"pid\":{pid}") : null);
        Add(Uid is { } uid ? string.Create(CultureInfo.InvariantCulture, $"\"uid\":{uid}") : null);
        Add(Launch);
        Add(Plain(Image));
        Add(Plain(Digest));
        Add(Plain(Job));
        Add(Denied ? "denial" : null);
        Add(Verdict);
        return [.. needles];

        void Add(string? text)
        {
            if (text is not null)
            {
                needles.Add(Encoding.Latin1.GetBytes(text));
            }
        }

        // What JSON may spell otherwise is not looked for in this way.
        static string? Plain(string? text)
        {
            foreach (char c in text ?? "")
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '.' or '-' or '_' or ':' or '@' or ' '))
                {
                    return null;
                }
            }

            return text;
        }
    }

    private static bool Has(ReadOnlySpan<byte> line, byte[][] needles)
    {
        foreach (byte[] needle in needles)
        {
            if (line.IndexOf(needle) < 0)
            {
                return false;
            }
        }

        return true;
    }
}
