using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using Kerr.Plan;
using Xunit;

namespace Kerr.KernelTests.Starter;

/// <summary>Plans that are not as PlanFormat says end in one message, before the first step, never in a fault.</summary>
public sealed class StarterPlanTests(StarterHost host) : IClassFixture<StarterHost>
{
    private const int FirstStep = (int)PlanFormat.HeaderSize;

    public static TheoryData<string, int, uint> BrokenHeaders => new()
    {
        { "the magic number", Header.Magic, 0 },
        { "the magic number's other half", Header.Magic + 4, 0 },
        { "a version to come", Header.Version, 2 },
        { "a size that is not the file's", Header.TotalSize, 64 },
        { "a size beyond the file's", Header.TotalSize, 0xFFFFFFFF },
        { "no steps", Header.StepCount, 0 },
        { "more steps than there are", Header.StepCount, 4000 },
        { "more steps than 32 bits hold", Header.StepCount, 0x04000001 },
        { "steps inside the header", Header.StepsOffset, 64 },
        { "steps beyond the file", Header.StepsOffset, 0xFFFFFFF8 },
        { "steps at an odd place", Header.StepsOffset, 129 },
        { "data before the steps", Header.DataOffset, 8 },
        { "data beyond the file", Header.DataOffset, 0xFFFFFFFF },
        { "a level that does not exist", Header.LogLevel, 6 },
        { "a level below all", Header.LogLevel, 0x80000000 },
        { "a flag that does not exist", Header.Flags, 0x80 },
        { "descriptors inside the header", Header.Descriptors, 4 },
        { "descriptors beyond the file", Header.Descriptors, 0xFFFFFFFC },
        { "a program name inside the steps", Header.Program, FirstStep },
        { "an image name beyond the file", Header.Image, 0x7FFFFFFF },
        { "phases at an odd place", Header.Phases, 0x7FFFFFFD },
    };

    [Fact]
    public void Runs_the_plan_that_the_others_here_are_made_from()
    {
        StarterHost.Need();

        StarterResult result = host.Run(Good());

        Assert.Equal((7, "", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void Refuses_a_header_with(string what, int field, uint value)
    {
        StarterHost.Need();
        byte[] plan = Good();
        BinaryPrimitives.WriteUInt32LittleEndian(plan.AsSpan(field), value);

        Refused(plan, what);
    }

    [Fact]
    public void Refuses_each_reference_of_each_step_that_leads_outside_the_data()
    {
        StarterHost.Need();
        byte[] good = Good();
        int count = BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(Header.StepCount));
        for (int step = 0; step < count; step++)
        {
            foreach (int field in (int[])[Step.Text, Step.Failures, Step.Source, Step.Target, Step.Data, Step.Extra, Step.More])
            {
                if (field >= Step.Data && !UsesReference(good, step, field))
                {
                    continue;
                }

                foreach (uint value in (uint[])[1, FirstStep, (uint)good.Length, 0x7FFFFFFE, 0xFFFFFFFF])
                {
                    byte[] plan = (byte[])good.Clone();
                    BinaryPrimitives.WriteUInt32LittleEndian(plan.AsSpan(At(step, field)), value);
                    Refused(plan, $"step {step} field {field} value {value}");
                }
            }
        }
    }

    [Theory]
    [InlineData(Step.Kind, (ushort)0)]
    [InlineData(Step.Kind, (ushort)60)]
    [InlineData(Step.Kind, (ushort)StepKind.Exec)] // not the last
    [InlineData(Step.Policy, (ushort)3)]
    [InlineData(Step.Flags + 6, (ushort)0x8000)] // no kind has such a flag
    public void Refuses_a_step_whose_numbers_mean_nothing(int field, ushort value)
    {
        StarterHost.Need();
        byte[] good = Good();
        int count = BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(Header.StepCount));
        for (int step = 0; step < count - (value == (ushort)StepKind.Exec ? 1 : 0); step++)
        {
            byte[] plan = (byte[])good.Clone();
            BinaryPrimitives.WriteUInt16LittleEndian(plan.AsSpan(At(step, field)), value);
            Refused(plan, $"step {step}");
        }
    }

    [Fact]
    public void Refuses_a_plan_whose_last_step_is_not_to_execute()
    {
        StarterHost.Need();
        byte[] plan = Good();
        int count = BinaryPrimitives.ReadInt32LittleEndian(plan.AsSpan(Header.StepCount));
        BinaryPrimitives.WriteInt32LittleEndian(plan.AsSpan(Header.StepCount), count - 1);

        Refused(plan, "no Exec");
    }

    [Fact]
    public void Refuses_a_plan_that_was_cut_off_anywhere()
    {
        StarterHost.Need();
        byte[] good = Good();
        for (int length = 0; length < good.Length; length += 16)
        {
            Refused(good[..length], $"cut at {length}");
        }
    }

    [Fact]
    public void Refuses_a_file_that_could_still_change()
    {
        StarterHost.Need();

        StarterResult result = host.RunAs([0], [.. TestUser.Command, "sh", "-c", $"exec {host.Program} 3 3</dev/null"]);

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   the plan is not a sealed file", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("3 merge")]
    public void Says_so_when_it_is_started_by_hand(string arguments)
    {
        StarterHost.Need();

        StarterResult result = host.RunAs([0], [.. TestUser.Command, "sh", "-c", $"exec {host.Program} {arguments} 3</dev/null"]);

        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith("FATAL:   ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_scrambled_plans()
    {
        StarterHost.Need();
        int rounds = int.Parse(System.Environment.GetEnvironmentVariable("KERR_MUTATION_ROUNDS") ?? "150", CultureInfo.InvariantCulture);
        byte[] good = Good();
        var random = new Random(20260101);
        for (int round = 0; round < rounds; round++)
        {
            byte[] plan = (byte[])good.Clone();
            var changes = new List<string>();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                // Most of the plan is text; the interesting numbers are at its beginning.
                int at = random.Next(3) == 0 ? random.Next(plan.Length) : random.Next(BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(Header.DataOffset)));
                plan[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(plan[at] ^ (1 << random.Next(8))), _ => 0xFF };
                changes.Add($"{at}={plan[at]}");
            }

            StarterResult result = host.Run(plan);

            // Exit codes above 128 are also signals: then the starter itself must have said something.
            Assert.True(
                result.ExitCode is 7 or 255 or < 128 || result.Errors.Contains("FATAL", StringComparison.Ordinal),
                $"round {round} ({string.Join(' ', changes)}): exit code {result.ExitCode}, {result.Errors}");
        }
    }

    private static int At(int step, int field) => FirstStep + (step * (int)PlanFormat.StepSize) + field;

    private static bool UsesReference(byte[] plan, int step, int field) => BinaryPrimitives.ReadUInt32LittleEndian(plan.AsSpan(At(step, field))) != 0;

    private byte[] Good() => new Launches(host.Image)
    {
        Mounts = plan => plan
            .Add(StepKind.Mount, "/etc/hosts", "/new/hosts", flags: Launches.HostBind, failures: plan.Failures((2, "nothing there", "make it")))
            .Add(StepKind.Passwd, "/etc/passwd", "passwd", plan.Text("me:x:5:5::/me:/bin/sh"), plan.Text("/me"), number: 5)
            .Add(StepKind.Group, "/etc/group", "group", plan.Vector("me:x:5:")),
    }.Run("/bin/sh", "-c", "exit 7");

    private void Refused(byte[] plan, string what)
    {
        StarterResult result = host.Run(plan);

        Assert.True(
            result.ExitCode == 255 && result.Errors.StartsWith("FATAL:   ", StringComparison.Ordinal) && result.Output.Length == 0,
            $"{what}: exit code {result.ExitCode}, {result.Errors}");
    }
}
