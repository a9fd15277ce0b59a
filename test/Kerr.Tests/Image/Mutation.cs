using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using Xunit;

namespace Kerr.Tests.Image;

/// <summary>Damages bytes at random, by a seed, and demands that a reader refuses them or gets on, soon and in little memory.</summary>
internal static class Mutation
{
    private const long MostMemory = 64 << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    /// <summary>Rounds to run: the number given, times KERR_MUTATION_ROUNDS.</summary>
    internal static int Rounds(int usual)
        => usual * (int.TryParse(Environment.GetEnvironmentVariable("KERR_MUTATION_ROUNDS"), CultureInfo.InvariantCulture, out int times) ? times : 1);

    /// <param name="ranges">Where to damage.</param>
    /// <returns>How many rounds were refused.</returns>
    internal static int Run(byte[] original, int seed, int rounds, Range[] ranges, Action<byte[]> read)
    {
        var random = new Random(seed);
        var bytes = new byte[original.Length];
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            original.CopyTo(bytes, 0);
            int changes = random.Next(1, 5);
            for (int i = 0; i < changes; i++)
            {
                (int start, int length) = ranges[random.Next(ranges.Length)].GetOffsetAndLength(bytes.Length);
                Damage(random, bytes.AsSpan(start, length));
            }

            long memory = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                read(bytes);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {round}: {error}");
            }

            Assert.True(clock.Elapsed < MostTime, $"seed {seed}, round {round}: {clock.Elapsed}");
            memory = GC.GetAllocatedBytesForCurrentThread() - memory;
            Assert.True(memory < MostMemory, $"seed {seed}, round {round}: {memory} bytes");
        }

        return refused;
    }

    // Numbers at the edges of their range do more than random ones.
    private static void Damage(Random random, Span<byte> bytes)
    {
        Span<byte> place = bytes[random.Next(bytes.Length)..];
        place = place[..Math.Min(place.Length, random.Next(1, 9))];
        switch (random.Next(5))
        {
            case 0:
                place.Fill(0xFF);
                break;
            case 1:
                place.Clear();
                break;
            case 2:
                place[^1] ^= 0x80;
                break;
            case 3:
                place[0] = (byte)(place[0] + (random.Next(2) == 0 ? 1 : -1));
                break;
            default:
                random.NextBytes(place);
                break;
        }
    }
}
