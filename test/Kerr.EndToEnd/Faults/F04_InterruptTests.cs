using System;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F04: Ctrl-C ends a launch, and a payload, as it would end any program.</summary>
public class F04_InterruptTests
{
    private const string CtrlC = "\u0003";
    private const int Interrupt = 2;

    [Theory]
    [InlineData(Profile.User, false, "")]
    [InlineData(Profile.User, false, "-C")]
    [InlineData(Profile.User, true, "-C")]
    [InlineData(Profile.Fakeroot, false, "--pid --no-init")]
    [InlineData(Profile.Root, true, "")]
    public void Ends_the_payload(Profile profile, bool sif, string options)
    {
        // Process 1 of a namespace has no default action: it needs a handler of its own, as on the host.
        string payload = options.Contains("no-init", StringComparison.Ordinal) ? "trap 'kill -9 $!; exit 130' INT; echo ready; sleep 30 & wait" : "echo ready; exec sleep 30";
        using Running running = As.By(profile).StartOnTerminal(Line(options, sif, "/bin/sh", "-c", payload));
        running.WaitFor("ready").Type(CtrlC);
        Result result = running.Wait();
        Assert.True(result.Signal == Interrupt || result.ExitCode == 128 + Interrupt, result.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-C")]
    public void Is_the_payloads_own_when_it_wants_it(string options)
    {
        using Running running = As.User.StartOnTerminal(Line(options, false, "/bin/sh", "-c", "trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.01; done"));
        running.WaitFor("ready").Type(CtrlC);
        Result result = running.Wait().Ends(7);
        Assert.Contains("caught", result.Out, StringComparison.Ordinal);
        Assert.Equal(result.Out.IndexOf("caught", StringComparison.Ordinal), result.Out.LastIndexOf("caught", StringComparison.Ordinal)); // once, not relayed too
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(false, "-C")]
    [InlineData(true, "-C")]
    public void Ends_a_launch_at_any_point(bool sif, string options)
    {
        int rounds = Rounds.Of(20);
        for (int i = 0; i < rounds; i++)
        {
            using Running running = As.User.StartOnTerminal(Line(options, sif, "/bin/sleep", "30"));
            Thread.Sleep(i % 12);
            running.Type(CtrlC);
            Result result = running.Wait();
            Assert.True(result.Signal == Interrupt || result.ExitCode == 128 + Interrupt, result.ToString());
        }
    }

    private static string[] Line(string options, bool sif, params string[] command)
        => ["exec", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), sif ? Images.Sif : Images.Directory, .. command];
}
