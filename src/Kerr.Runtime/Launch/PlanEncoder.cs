using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Kerr.Linux;
using Kerr.Plan;

namespace Kerr.Runtime.Launch;

/// <summary>Writes a plan as the bytes that the starter reads; the layout is in PlanFormat.cs.</summary>
public sealed class PlanEncoder
{
    private readonly IReadOnlyDictionary<Descriptor, int> numbers;
    private readonly int dataOffset;
    private byte[] bytes;
    private int end;

    private PlanEncoder(int stepCount, IReadOnlyDictionary<Descriptor, int> numbers)
    {
        this.numbers = numbers;
        dataOffset = (int)(PlanFormat.HeaderSize + (stepCount * PlanFormat.StepSize));
        bytes = new byte[dataOffset + 6144];
        end = dataOffset;
    }

    /// <summary>Where the starter's phase times begin, and what came before.</summary>
    public readonly record struct Timing(ulong StartedAt, ulong HandedOverAt, IReadOnlyList<string> Phases);

    /// <summary>The texts of records that the starter sends; see <see cref="RecordFormat"/>.</summary>
    /// <param name="Start">For a starter that is root, which sends it itself; else null.</param>
    /// <param name="Ending">What it sends to <paramref name="Sink"/> when it sees the end; null for nothing.</param>
    public readonly record struct Records(string? Start, string? Ending, int Sink);

    /// <exception cref="UserException">It is too large: the arguments and the environment do not fit.</exception>
    public static byte[] Encode(LaunchPlan plan, IReadOnlyDictionary<Descriptor, int> descriptors, Timing timing, Records records = default)
    {
        var encoder = new PlanEncoder(plan.Steps.Count, descriptors);
        Span<byte> record = stackalloc byte[(int)PlanFormat.StepSize];
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            PlanStep step = plan.Steps[i];
            record.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(record[Step.Kind..], (ushort)step.Kind);
            BinaryPrimitives.WriteUInt16LittleEndian(record[Step.Policy..], (ushort)step.Policy);
            Put(record, Step.Text, encoder.Text(step.Text));
            Put(record, Step.Failures, encoder.Failures(step.Failures));
            step.Encode(encoder, record);
            record.CopyTo(encoder.bytes.AsSpan((int)(PlanFormat.HeaderSize + (i * PlanFormat.StepSize))));
        }

        return encoder.Finish(plan, timing, records);
    }

    internal static void Put(Span<byte> step, int field, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(step[field..], value);

    internal static void Put64(Span<byte> step, int field, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(step[field..], value);

    /// <summary>Reference to a string; 0 for null.</summary>
    internal uint Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        uint at = (uint)end;
        Reserve(text.Length + 1);
        for (int i = 0; i < text.Length; i++)
        {
            bytes[end + i] = (byte)text[i];
        }

        end += text.Length + 1;
        return at;
    }

    /// <summary>Reference to a vector of strings; 0 for null.</summary>
    internal uint Vector(IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            return 0;
        }

        int at = Table(texts.Count, 4);
        for (int i = 0; i < texts.Count; i++)
        {
            uint text = Text(texts[i]);     // before `bytes` is looked at: it may become another array
            Put(bytes, at + 4 + (4 * i), text);
        }

        return (uint)at;
    }

    internal uint Numbers(IReadOnlyList<uint> values)
    {
        int at = Table(values.Count, 4);
        for (int i = 0; i < values.Count; i++)
        {
            Put(bytes, at + 4 + (4 * i), values[i]);
        }

        return (uint)at;
    }

    internal uint Blob(ReadOnlySpan<byte> content)
    {
        int at = Table(content.Length, 1);
        content.CopyTo(bytes.AsSpan(at + 4));
        return (uint)at;
    }

    internal uint Failures(IReadOnlyList<Failure> failures)
    {
        if (failures.Count == 0)
        {
            return 0;
        }

        int at = Table(failures.Count, 12);
        for (int i = 0; i < failures.Count; i++)
        {
            uint message = Text(failures[i].Message), remedy = Text(failures[i].Remedy);
            Put(bytes, at + 4 + (12 * i), (uint)failures[i].Errno);
            Put(bytes, at + 8 + (12 * i), message);
            Put(bytes, at + 12 + (12 * i), remedy);
        }

        return (uint)at;
    }

    internal uint Candidates(IReadOnlyList<PayloadCandidate> candidates)
    {
        int size = (int)PlanFormat.CandidateSize;
        int at = Table(candidates.Count, size);
        for (int i = 0; i < candidates.Count; i++)
        {
            PayloadCandidate candidate = candidates[i];
            int record = at + 4 + (size * i);
            uint path = Text(candidate.Path), arguments = Vector(candidate.Arguments), message = Text(candidate.Message);
            uint environment = candidate.Environment.Count == 0 ? 0 : Vector(candidate.Environment);
            Put(bytes, record + Candidate.Path, path);
            Put(bytes, record + Candidate.Arguments, arguments);
            Put(bytes, record + Candidate.Flags, candidate.Flags);
            Put(bytes, record + Candidate.Message, message);
            Put(bytes, record + Candidate.Environment, environment);
        }

        return (uint)at;
    }

    /// <summary>The number a descriptor will have in the starter.</summary>
    internal int Number(Descriptor descriptor) => numbers[descriptor];

    /// <summary>
    /// The number under which FUSE server <paramref name="index"/> finds its /dev/fuse. The starter opens the device, since
    /// the kernel wants that done in the user namespace of the mount; the number is one that nothing else has.
    /// </summary>
    internal int FuseNumber(ulong index)
    {
        int highest = 2;
        foreach (int number in numbers.Values)
        {
            highest = Math.Max(highest, number);
        }

        return highest + 1 + (int)index;
    }

    private byte[] Finish(LaunchPlan plan, Timing timing, Records records)
    {
        var descriptors = new List<uint>();
        foreach (Descriptor descriptor in plan.Descriptors)
        {
            descriptors.Add((uint)numbers[descriptor]);
        }

        if (records.Ending is not null)
        {
            descriptors.Add((uint)records.Sink);
        }

        uint flags = (plan.Request.Timings ? HeaderFlags.Timings : 0)
            | (plan.Request.Colour ? HeaderFlags.Colour : 0)
            | (plan.Mode is LaunchMode.Root or LaunchMode.Setuid ? 0 : HeaderFlags.UserNamespace);
        uint descriptorTable = Numbers(descriptors);
        uint program = Text(plan.Request.Program);
        uint image = Text(plan.Request.Image);
        uint phases = Vector(timing.Phases);
        uint record = Text(records.Start), ending = Text(records.Ending);
        Reserve(1);
        end++;                                          // the last byte is 0, so that every string ends

        Span<byte> header = bytes;
        Put64(header, Header.Magic, PlanFormat.Magic);
        Put(header, Header.Version, PlanFormat.Version);
        Put(header, Header.TotalSize, (uint)end);
        Put(header, Header.StepCount, (uint)plan.Steps.Count);
        Put(header, Header.StepsOffset, PlanFormat.HeaderSize);
        Put(header, Header.DataOffset, (uint)dataOffset);
        Put(header, Header.LogLevel, (uint)plan.Request.LogLevel);
        Put(header, Header.Flags, flags);
        Put(header, Header.Descriptors, descriptorTable);
        Put(header, Header.Program, program);
        Put(header, Header.Image, image);
        Put(header, Header.Phases, phases);
        Put(header, Header.Record, record);
        Put(header, Header.Ending, ending);
        Put(header, Header.Sink, records.Ending is null ? 0 : (uint)records.Sink);
        Put64(header, Header.StartedAt, timing.StartedAt);
        Put64(header, Header.HandedOverAt, timing.HandedOverAt);
        return bytes[..end];
    }

    private int Table(int count, int size)
    {
        end = (end + 3) & ~3;
        int at = end;
        Reserve(checked(4 + (count * size)));
        Put(bytes, at, (uint)count);
        end += 4 + (count * size);
        return at;
    }

    private void Reserve(int count)
    {
        long needed = (long)end + count + 4;
        if (needed > PlanFormat.MaximumSize)
        {
            throw new UserException(
                $"the arguments and the environment of the command are too long: more than {PlanFormat.MaximumSize >> 20} MiB",
                "pass long lists in a file");
        }

        if (needed > bytes.Length)
        {
            Array.Resize(ref bytes, (int)Math.Min(Math.Max(needed, bytes.Length * 2L), PlanFormat.MaximumSize));
        }
    }
}
