using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Kerr.Linux;
using Kerr.Plan;
using Kerr.Runtime.Launch;
using Xunit;

namespace Kerr.Tests.Runtime.Launch;

/// <summary>The bytes of a plan, read back by the offsets of PlanFormat.cs.</summary>
public class PlanEncoderTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 5)]
    [InlineData(100, 200)]          // beyond the first buffer, which has room for 16 KiB
    [InlineData(10_000, 20)]        // several times beyond
    [InlineData(20, 131_071)]       // the longest string that the kernel takes
    public void Every_string_of_a_vector_is_found_where_its_reference_says(int count, int length)
    {
        string[] variables = [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture).PadRight(length, 'x'))];
        var step = new ExecStep("Executing", "test", [new PayloadCandidate("/bin/true", variables) { Environment = variables }]) { Environment = variables };

        byte[] plan = PlanEncoder.Encode(Plan(step), new Dictionary<Descriptor, int>(), default(PlanEncoder.Timing) with { Phases = variables });

        int record = (int)PlanFormat.HeaderSize;
        Assert.Equal(variables, Vector(plan, U32(plan, record + Step.Extra)));
        int candidate = (int)U32(plan, record + Step.Data) + 4;
        Assert.Equal(variables, Vector(plan, U32(plan, candidate + Candidate.Arguments)));
        Assert.Equal(variables, Vector(plan, U32(plan, candidate + Candidate.Environment)));
        Assert.Equal(variables, Vector(plan, U32(plan, Header.Phases)));
        Assert.Equal((uint)plan.Length, U32(plan, Header.TotalSize));
        Assert.Equal(0, plan[^1]);
    }

    [Fact]
    public void Failures_are_found_where_their_references_say()
    {
        Failure[] failures = [.. Enumerable.Range(1, 300).Select(static i => new Failure((Errno)i, "message " + new string('m', i), i % 2 == 0 ? null : "remedy " + i))];
        var step = new ExecStep("Executing", "test", [new PayloadCandidate("/bin/true", [])]) { Failures = failures };

        byte[] plan = PlanEncoder.Encode(Plan(step), new Dictionary<Descriptor, int>(), default(PlanEncoder.Timing) with { Phases = [] });

        int table = (int)U32(plan, (int)PlanFormat.HeaderSize + Step.Failures);
        for (int i = 0; i < failures.Length; i++)
        {
            int at = table + 4 + (12 * i);
            Assert.Equal((uint)failures[i].Errno, U32(plan, at));
            Assert.Equal(failures[i].Message, Text(plan, U32(plan, at + 4)));
            Assert.Equal(failures[i].Remedy, Text(plan, U32(plan, at + 8)));
        }
    }

    [Fact]
    public void What_exceeds_the_format_is_told_as_too_long()
    {
        string[] arguments = [.. Enumerable.Repeat(new string('x', 1 << 20), 65)];
        var step = new ExecStep("Executing", "test", [new PayloadCandidate("/bin/true", arguments)]);

        var error = Assert.Throws<UserException>(() => PlanEncoder.Encode(Plan(step), new Dictionary<Descriptor, int>(), default(PlanEncoder.Timing) with { Phases = [] }));

        Assert.Contains("64 MiB", error.Message, StringComparison.Ordinal);
    }

    private static LaunchPlan Plan(PlanStep step) => new()
    {
        Mode = LaunchMode.UserNamespace,
        Request = new LaunchRequest { Action = LaunchAction.Exec, Image = "/images/tree" },
        Steps = [step],
        Descriptors = [],
        HostDirectories = [],
        Skipped = [],
        EnvironmentChanges = [],
        Notes = [],
    };

    private static uint U32(byte[] plan, int at) => BinaryPrimitives.ReadUInt32LittleEndian(plan.AsSpan(at));

    private static string? Text(byte[] plan, uint at)
        => at == 0 ? null : Encoding.Latin1.GetString(plan, (int)at, Array.IndexOf(plan, (byte)0, (int)at) - (int)at);

    private static string[] Vector(byte[] plan, uint at)
        => at == 0 ? [] : [.. Enumerable.Range(0, (int)U32(plan, (int)at)).Select(i => Text(plan, U32(plan, (int)at + 4 + (4 * i)))!)];
}
