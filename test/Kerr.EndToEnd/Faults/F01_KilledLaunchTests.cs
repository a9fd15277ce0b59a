using System;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F01: a launch that is killed at any point leaves nothing behind. (What stays is looked for after each test.)</summary>
public class F01_KilledLaunchTests
{
    [Theory]
    [InlineData(Profile.User, false, "")]
    [InlineData(Profile.User, false, "-C")]
    [InlineData(Profile.User, true, "")]
    [InlineData(Profile.User, true, "-C --writable-tmpfs")]
    [InlineData(Profile.Fakeroot, false, "--uts --net --network none")]
    [InlineData(Profile.Root, true, "-C")]
    public void Leaves_nothing(Profile profile, bool sif, string options)
    {
        string[] line = ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), sif ? Images.Sif : Images.Directory, "/bin/sleep", "30"];
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        int killed = 0, rounds = Rounds.Of(50);
        for (int i = 0; i < rounds; i++)
        {
            // From before the first instruction of kerr until the payload sleeps: a launch takes some milliseconds.
            using Running running = As.By(profile).Start(line);
            Wait(random.Next(0, 30_000));
            running.Signal(9);
            Result result = running.Wait();
            Assert.True(result.Signal == 9, $"seed {seed}\n{result}");
            killed++;
        }

        Assert.Equal(rounds, killed);
    }

    /// <summary>Waits so many microseconds; a sleep of the runtime is longer than a launch.</summary>
    private static void Wait(int microseconds)
    {
        long until = System.Diagnostics.Stopwatch.GetTimestamp() + (microseconds * (System.Diagnostics.Stopwatch.Frequency / 1_000_000));
        while (System.Diagnostics.Stopwatch.GetTimestamp() < until)
        {
            Thread.SpinWait(20);
        }
    }
}
