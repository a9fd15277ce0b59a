using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Kerr.Runtime.Trace;
using Xunit;

namespace Kerr.Tests.Runtime.Trace;

public sealed class TraceStoreTests : IDisposable
{
    private const int Count = 12;

    private readonly TemporaryDirectory _directory = new();

    private string Store => _directory.Path + "/store";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_kept_is_whole_also_over_several_segments_and_runs()
    {
        Fill(Count, segmentSize: 1500);
        Fill(Count, segmentSize: 1500);

        Assert.True(TraceStore.Segments(Store).Count > 3);
        TraceVerification result = TraceVerification.Of(Store, []);
        Assert.Null(result.Fault);
        Assert.Equal((2 * Count, 1, 2 * Count), (result.Records, result.Head.First, result.Head.Last));
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1500)]      // several segments
    public void The_first_record_that_is_altered_missing_or_moved_is_named(long segmentSize)
    {
        Fill(Count, segmentSize);
        for (int i = 1; i <= Count; i++)
        {
            int record = i;
            Assert.Equal($"record {i}", Fault(lines => lines.RemoveAt(record - 1)));
            Assert.Equal($"record {i}", Fault(lines => lines[record - 1] = lines[record - 1].Replace("alice", "mallory", StringComparison.Ordinal)));
            Assert.Equal($"record {i}", Fault(lines => lines[record - 1] = lines[record - 1].Replace("\"prev\":\"", "\"prev\":\"f", StringComparison.Ordinal).Replace("f0", "f", StringComparison.Ordinal)));
            Assert.Equal($"record {i}", Fault(lines => lines[record - 1] = "{}"));
            Assert.Equal($"record {i}", Fault(lines => lines[record - 1] = ""));
            if (i < Count)
            {
                Assert.Equal($"record {i}", Fault(lines => (lines[record - 1], lines[record]) = (lines[record], lines[record - 1])));
                Assert.Equal($"record {i + 1}", Fault(lines => lines.Insert(record, lines[record - 1])));
            }
        }
    }

    [Fact]
    public void A_line_that_somebody_added_is_named_and_so_is_a_store_that_was_cut()
    {
        Fill(Count);
        Assert.Equal($"record {Count - 1}", Fault(lines => lines.RemoveRange(Count - 2, 2)));
        Assert.Equal("record 1", Fault(lines => lines.Clear()));
    }

    [Fact]
    public void A_consistent_rewrite_is_seen_by_a_head_that_was_kept_elsewhere()
    {
        Fill(Count);
        TraceHead kept = TraceHead.Read(Store)!.Value;
        Directory.Delete(Store, recursive: true);
        Fill(Count, name: "mallory");

        Assert.Null(TraceVerification.Of(Store, []).Fault);
        Assert.StartsWith($"record {Count} is altered", TraceVerification.Of(Store, [kept]).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_between_lines_and_head_or_within_a_line_loses_nothing_that_was_kept()
    {
        Fill(Count);
        string head = File.ReadAllText(Store + "/head");
        Fill(3);
        File.WriteAllText(Store + "/head", head);
        File.AppendAllText(TraceStore.Segments(Store)[^1], "{\"n\":16,\"pre");
        Fill(1);

        TraceVerification result = TraceVerification.Of(Store, []);
        Assert.Null(result.Fault);
        Assert.Equal(Count + 4, result.Records);
    }

    [Fact]
    public void Old_segments_go_when_only_some_are_kept_and_a_removed_one_is_missed()
    {
        using (TraceStore store = TraceStore.Open(Store, segmentSize: 1500, kept: 2))
        {
            for (int i = 0; i < 30; i++)
            {
                store.Add(Record("alice", i), Evidence(i));
                store.Commit();
            }
        }

        Assert.Equal(2, TraceStore.Segments(Store).Count);
        TraceVerification result = TraceVerification.Of(Store, []);
        Assert.Null(result.Fault);
        Assert.InRange(result.Head.First, 2, 29);

        File.Delete(TraceStore.Segments(Store)[0]);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"record {result.Head.First} is missing"), TraceVerification.Of(Store, []).Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u001b]0;title\u0007\n\r\0\xff\"}{[")]
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":1000,"pid":1,"x":"\ud800"}""")]
    [InlineData("""{"kerr":1,"trust":"reported","event":"start","uid":1000,"pid":1,"\u001b":"\n\u001b[2J\u0000\u202e"}""")]
    public void Hostile_records_are_one_line_of_printable_ASCII(string record)
    {
        byte[] line = StoredRecord.Line(1, TraceStore.NoLine, record, new Evidence("journal", Moment.Now, 1000, 1, Program: "/tmp/\u001b[31m\n"));

        Assert.DoesNotContain(line, b => b is < 32 or > 126);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind);
        TracedLaunch launch = TracedLaunch.Read(line)!;
        Assert.Equal(1000u, launch.Uid);
    }

    [Fact]
    public void What_is_longer_than_any_record_is_cut_and_is_none()
    {
        string record = $$"""{"kerr":1,"trust":"reported","event":"start","uid":1000,"pid":1,"x":"{{new string('x', 100_000)}}"}""";
        byte[] line = StoredRecord.Line(1, TraceStore.NoLine, record, new Evidence("socket", Moment.Now, 1000, 1));

        Assert.InRange(line.Length, 2000, 3000);
        Assert.Equal("forged", TracedLaunch.Read(line)!.Verdict);
    }

    [Fact]
    public void Answers_by_process_user_image_digest_job_and_time()
    {
        using (TraceStore store = TraceStore.Open(Store))
        {
            for (int i = 0; i < 20; i++)
            {
                store.Add(Record("alice", i), Evidence(i));
            }

            store.Add($$"""{"kerr":1,"trust":"reported","event":"exit","launch":"{{Id(3)}}","uid":1003,"pid":103,"started":5,"end":[9,1,500000,0,0,2048]}""", Evidence(3));
            store.Add($$"""{"kerr":1,"trust":"reported","event":"exit","launch":"{{Id(4)}}","uid":1003,"pid":103,"started":5,"end":[0,0,0,0,0,0]}""", Evidence(3));    // 1003 ends 1004's launch
            store.Commit();
        }

        TracedLaunch third = Assert.Single(new TraceQuery { Pid = 103, Image = "alice-3" }.Run(Store));
        Assert.Equal("signal 9, 1.50 s, 2.0 MiB", third.Ended?.End);
        Assert.Null(Assert.Single(new TraceQuery { Pid = 104 }.Run(Store)).Ended);
        Assert.Equal("alice-5.sif", Path.GetFileName(Assert.Single(new TraceQuery { Uid = 1005 }.Run(Store)).Image));
        Assert.Equal(106, Assert.Single(new TraceQuery { Digest = "d6" }.Run(Store)).Pid);
        Assert.Equal(107, Assert.Single(new TraceQuery { Job = "slurm:7" }.Run(Store)).Pid);
        Assert.Equal(107, Assert.Single(new TraceQuery { Job = "7" }.Run(Store)).Pid);
        Assert.Equal(2, new TraceQuery { Since = Evidence(18).Time }.Run(Store).Count);
        Assert.Equal(5, new TraceQuery { Until = Evidence(3).Time, Image = "alice" }.Run(Store).Count + 1);
        Assert.Equal(21, new TraceQuery().Run(Store).Count);
    }

    private static string Id(int i) => i.ToString("x32", CultureInfo.InvariantCulture);

    private static string Record(string name, int i)
        => $$$"""{"kerr":1,"trust":"reported","event":"start","launch":"{{{Id(i)}}}","uid":{{{1000 + i}}},"pid":{{{100 + i}}},"started":5,"image":{"path":"/images/{{{name}}}-{{{i}}}.sif","digest":"d{{{i}}}"}}""";

    private static Evidence Evidence(int i)
        => new("journal", Moment.Text(new DateTime(2026, 1, 1, 0, i, 0, DateTimeKind.Utc)), (uint)(1000 + i), 100 + i, ControlGroups: $"/slurm/uid_0/job_{i}");

    private void Fill(int count, long segmentSize = TraceStore.DefaultSegmentSize, string name = "alice")
    {
        using TraceStore store = TraceStore.Open(Store, segmentSize);
        for (int i = 0; i < count; i++)
        {
            store.Add(Record(name, i), Evidence(i));
        }

        store.Commit();
    }

    /// <summary>Which record verification names after a change to the lines of all segments, which are then as before.</summary>
    private string? Fault(Action<List<string>> change)
    {
        var before = new Dictionary<string, string>();
        var lines = new List<string>();
        List<string> segments = TraceStore.Segments(Store);
        foreach (string segment in segments)
        {
            before[segment] = File.ReadAllText(segment);
            lines.AddRange(File.ReadAllLines(segment));
        }

        change(lines);
        for (int i = 0, at = 0; i < segments.Count; i++)
        {
            int count = i + 1 == segments.Count ? lines.Count - at : Math.Min(File.ReadAllLines(segments[i]).Length, lines.Count - at);
            File.WriteAllText(segments[i], string.Concat(lines.GetRange(at, count).ConvertAll(line => line + "\n")));
            at += count;
        }

        string? fault = TraceVerification.Of(Store, []).Fault;
        foreach ((string segment, string text) in before)
        {
            File.WriteAllText(segment, text);
        }

        Assert.Null(TraceVerification.Of(Store, []).Fault);
        return fault is null ? null : string.Join(' ', fault.Split(' ')[..2]);
    }
}
