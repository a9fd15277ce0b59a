using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using Kerr.Plan;

namespace Kerr.KernelTests.Starter;

/// <summary>Writes plans for tests, field by field, so that tests can also write wrong ones.</summary>
internal sealed class PlanBuilder
{
    private readonly List<byte[]> steps = [];
    private readonly List<byte> data = [];
    private readonly List<int> references = [];     // places in data that hold a reference

    public int LogLevel { get; set; } = 1;

    public uint Flags { get; set; } = HeaderFlags.UserNamespace;

    public uint[] Descriptors { get; set; } = [];

    /// <summary>A step; references are what the methods below answer.</summary>
    public PlanBuilder Add(
        StepKind kind,
        string? source = null,
        string? target = null,
        int data = 0,
        int extra = 0,
        int more = 0,
        ulong flags = 0,
        ulong number = 0,
        ulong number2 = 0,
        ulong number3 = 0,
        FailurePolicy policy = FailurePolicy.Fatal,
        int failures = 0)
    {
        byte[] step = new byte[PlanFormat.StepSize];
        BinaryPrimitives.WriteUInt16LittleEndian(step.AsSpan(Step.Kind), (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(step.AsSpan(Step.Policy), (ushort)policy);
        Put(step, Step.Text, Text(kind.ToString()));
        Put(step, Step.Failures, failures);
        Put(step, Step.Source, Text(source));
        Put(step, Step.Target, Text(target));
        Put(step, Step.Data, data);
        Put(step, Step.Extra, extra);
        Put(step, Step.More, more);
        BinaryPrimitives.WriteUInt64LittleEndian(step.AsSpan(Step.Flags), flags);
        BinaryPrimitives.WriteUInt64LittleEndian(step.AsSpan(Step.Number), number);
        BinaryPrimitives.WriteUInt64LittleEndian(step.AsSpan(Step.Number2), number2);
        BinaryPrimitives.WriteUInt64LittleEndian(step.AsSpan(Step.Number3), number3);
        steps.Add(step);
        return this;
    }

    /// <summary>A string; its place in the data + 1, so that 0 is "none" until the plan is written.</summary>
    public int Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        int at = data.Count;
        data.AddRange(Encoding.Latin1.GetBytes(text));
        data.Add(0);
        return at + 1;
    }

    public int Vector(params string[] texts)
    {
        int[] strings = Array.ConvertAll(texts, Text);
        int at = Number(texts.Length);
        foreach (int text in strings)
        {
            Reference(text);
        }

        return at;
    }

    public int Numbers(params int[] numbers)
    {
        int at = Number(numbers.Length);
        foreach (int number in numbers)
        {
            Number(number);
        }

        return at;
    }

    public int Blob(ReadOnlySpan<byte> bytes)
    {
        int at = Number(bytes.Length);
        data.AddRange(bytes);
        return at;
    }

    public int Failures(params (int Errno, string Message, string? Remedy)[] failures)
    {
        (int, int, int)[] entries = Array.ConvertAll(failures, entry => (entry.Errno, Text(entry.Message), Text(entry.Remedy)));
        int at = Number(failures.Length);
        foreach ((int errno, int message, int remedy) in entries)
        {
            Number(errno);
            Reference(message);
            Reference(remedy);
        }

        return at;
    }

    public int Candidates(params (string Path, string[] Arguments, uint Flags)[] candidates)
    {
        (int, int, uint)[] entries = Array.ConvertAll(candidates, one => (Text(one.Path), Vector(one.Arguments), one.Flags));
        int at = Number(candidates.Length);
        foreach ((int path, int arguments, uint flags) in entries)
        {
            Reference(path);
            Reference(arguments);
            Number((int)flags);
            Number(0);
            Number(0);
            Number(0);
        }

        return at;
    }

    public byte[] Build()
    {
        int descriptors = Numbers(Array.ConvertAll(Descriptors, number => (int)number));
        int program = Text("kerr");
        int image = Text("image");
        int phases = Vector("plan=1500000");
        data.Add(0);
        int start = (int)(PlanFormat.HeaderSize + (PlanFormat.StepSize * steps.Count));
        byte[] plan = new byte[start + data.Count];
        data.CopyTo(plan, start);
        foreach (int place in references)
        {
            Rebase(plan.AsSpan(start + place), start);
        }

        for (int i = 0; i < steps.Count; i++)
        {
            Span<byte> step = plan.AsSpan((int)(PlanFormat.HeaderSize + (PlanFormat.StepSize * i)), (int)PlanFormat.StepSize);
            steps[i].CopyTo(step);
            foreach (int field in (ReadOnlySpan<int>)[Step.Text, Step.Failures, Step.Source, Step.Target, Step.Data, Step.Extra, Step.More])
            {
                Rebase(step[field..], start);
            }
        }

        Span<byte> header = plan;
        BinaryPrimitives.WriteUInt64LittleEndian(header[Header.Magic..], PlanFormat.Magic);
        Put(plan, Header.Version, (int)PlanFormat.Version);
        Put(plan, Header.TotalSize, plan.Length);
        Put(plan, Header.StepCount, steps.Count);
        Put(plan, Header.StepsOffset, (int)PlanFormat.HeaderSize);
        Put(plan, Header.DataOffset, start);
        Put(plan, Header.LogLevel, LogLevel);
        Put(plan, Header.Flags, (int)Flags);
        Put(plan, Header.Descriptors, descriptors);
        Put(plan, Header.Program, program);
        Put(plan, Header.Image, image);
        Put(plan, Header.Phases, phases);
        BinaryPrimitives.WriteInt64LittleEndian(header[Header.StartedAt..], Stopwatch.GetTimestamp()); // CLOCK_MONOTONIC, in ns
        BinaryPrimitives.WriteInt64LittleEndian(header[Header.HandedOverAt..], Stopwatch.GetTimestamp());
        foreach (int field in (ReadOnlySpan<int>)[Header.Descriptors, Header.Program, Header.Image, Header.Phases])
        {
            Rebase(header[field..], start);
        }

        return plan;
    }

    private static void Put(Span<byte> bytes, int field, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes[field..], value);

    private static void Rebase(Span<byte> place, int start)
    {
        int reference = BinaryPrimitives.ReadInt32LittleEndian(place);
        BinaryPrimitives.WriteInt32LittleEndian(place, reference == 0 ? 0 : reference - 1 + start);
    }

    /// <summary>A 4-aligned number in the data; steps are 64 bytes, so alignment in the data is alignment in the file.</summary>
    private int Number(int value)
    {
        while (data.Count % 4 != 0)
        {
            data.Add(0);
        }

        int at = data.Count;
        data.AddRange(BitConverter.GetBytes(value));
        return at + 1;
    }

    private void Reference(int reference)
    {
        references.Add(data.Count);
        Number(reference);
    }
}
