using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Kerr.Linux;

namespace Kerr.Runtime.Trace;

/// <summary>Whether a store is as its collector left it, and if not, which record is the first that is not.</summary>
/// <param name="Fault">What is wrong, with the number of the record; null when nothing is.</param>
/// <param name="Records">How many were looked at.</param>
public sealed record TraceVerification(string? Fault, long Records, TraceHead Head)
{
    /// <summary>Goes through all segments.</summary>
    /// <param name="forwarded">Heads that were kept elsewhere.</param>
    public static TraceVerification Of(string directory, IReadOnlyList<TraceHead> forwarded)
    {
        TraceHead head = TraceHead.Read(directory) ?? throw new UserException($"{directory} holds no records: its head is missing", "name the store with --store");
        long expected = head.First == 0 ? 1 : head.First;
        long records = 0;
        string? digest = null;      // of the line before; null before the first
        List<string> segments = TraceStore.Segments(directory);
        for (int i = 0; i < segments.Count; i++)
        {
            string segment = segments[i];
            using var reader = new LineReader(segment);
            while (reader.Next(out ReadOnlySpan<byte> line))
            {
                (long? number, string? previous) = Links(line);
                if (number is null || previous is null)
                {
                    return Fail($"record {expected} is altered: its line is none ({Path.GetFileName(segment)})");
                }

                if (number != expected)
                {
                    return Fail(number > expected ? $"record {expected} is missing: {number} stands in its place" : $"record {expected} is not where it belongs: {number} stands there");
                }

                if ((digest ?? (expected == 1 ? TraceStore.NoLine : previous)) != previous)
                {
                    // Either the line before was altered, or this one's digest of it. The line after this one can tell: it knows this one as it was.
                    string self = TraceStore.DigestOf(line);
                    bool intact = expected == head.Last ? self == head.Digest : PreviousOfNext(reader, i + 1 < segments.Count ? segments[i + 1] : null) == self;
                    return Fail(intact ? $"record {expected - 1} is altered" : $"record {expected} is altered");
                }

                digest = TraceStore.DigestOf(line);
                foreach (TraceHead known in (ReadOnlySpan<TraceHead>)[head, .. forwarded])
                {
                    if (known.Last == expected && known.Digest != digest)
                    {
                        return Fail($"record {expected} is altered: its head has another digest");
                    }
                }

                expected++;
                records++;
            }

            if (reader.Unfinished && expected <= head.Last)
            {
                return Fail($"record {expected} is altered: its line is cut short");
            }
        }

        foreach (TraceHead known in (ReadOnlySpan<TraceHead>)[head, .. forwarded])
        {
            if (known.Last >= expected)
            {
                return Fail($"record {expected} is missing: the store ends before it, its head at {known.Last}");
            }
        }

        return new TraceVerification(null, records, head);

        TraceVerification Fail(string fault) => new(fault, records, head);
    }

    private static string? PreviousOfNext(LineReader reader, string? segment)
    {
        if (reader.Peek(out ReadOnlySpan<byte> line))
        {
            return Links(line).Previous;
        }

        using LineReader? following = segment is null ? null : new LineReader(segment);
        return following is not null && following.Next(out line) ? Links(line).Previous : null;
    }

    /// <summary>Number and digest as <see cref="StoredRecord"/> begins every line with them; null for a line that begins otherwise.</summary>
    private static (long? Number, string? Previous) Links(ReadOnlySpan<byte> line)
    {
        const int DigestLength = 64;
        ReadOnlySpan<byte> first = "{\"n\":"u8, second = ",\"prev\":\""u8;
        if (!line.StartsWith(first) || !Utf8Parser.TryParse(line[first.Length..], out long number, out int digits))
        {
            return (null, null);
        }

        ReadOnlySpan<byte> rest = line[(first.Length + digits)..];
        return rest.StartsWith(second) && rest.Length > second.Length + DigestLength && rest[^1] == (byte)'}'
            ? (number, Encoding.ASCII.GetString(rest.Slice(second.Length, DigestLength))) : (null, null);
    }
}
