using System.Threading;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Processes;

/// <summary>How a payload ends, by itself or by a signal, and what the caller sees of that.</summary>
public class SignalTests
{
    private const int Hangup = 1, Interrupt = 2, Kill = 9, User1 = 10, Segmentation = 11, Terminate = 15, Continue = 18, Stop = 19, TerminalStop = 20;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(255)]
    public void The_exit_code_is_the_payloads(int code)
    {
        As.User.Run("exec", Images.Directory, "sh", "-c", $"exit {code}").Ends(code);
        As.User.Run("exec", "--pid", Images.Directory, "sh", "-c", $"exit {code}").Ends(code);
        As.User.Run("exec", "--containall", Images.Sif, "sh", "-c", $"exit {code}").Ends(code);
    }

    [Theory]
    [InlineData(Hangup)]
    [InlineData(Kill)]
    [InlineData(Segmentation)]
    [InlineData(Terminate)]
    public void Without_a_pid_namespace_the_caller_sees_the_signal_itself(int signal)
        => As.User.Run("exec", Images.Directory, "sh", "-c", $"ulimit -c 0; kill -{signal} $$").EndsBySignal(signal);

    [Theory]
    [InlineData(Hangup)]
    [InlineData(Kill)]
    [InlineData(Terminate)]
    public void Under_appinit_a_signal_becomes_an_exit_code(int signal)
        => As.User.Run("exec", "--pid", Images.Directory, "sh", "-c", $"kill -{signal} $$").Ends(128 + signal);

    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "--pid")]
    [InlineData("exec", "--pid", "--no-init")]
    [InlineData("exec", "--containall")]
    public void A_signal_to_our_pid_reaches_the_payload(params string[] options)
    {
        using Running running = As.User.Start([.. options, Images.Directory, "sh", "-c", "trap 'echo got TERM; exit 9' TERM; trap 'echo got USR1' USR1; echo ready; while :; do sleep 0.05; done"]);
        running.WaitFor("ready").Signal(User1);
        running.WaitFor("got USR1").Signal(Terminate);
        Result result = running.Wait().Ends(9);
        Assert.Equal("ready\ngot USR1\ngot TERM", result.Line);
    }

    [Fact]
    public void Sigterm_ends_a_payload_that_does_not_catch_it()
    {
        using Running plain = As.User.Start("exec", Images.Directory, "sh", "-c", "echo ready; exec sleep 100");
        plain.WaitFor("ready").Signal(Terminate);
        plain.Wait().EndsBySignal(Terminate);

        using Running namespaced = As.User.Start("exec", "--pid", Images.Directory, "sh", "-c", "echo ready; exec sleep 100");
        namespaced.WaitFor("ready").Signal(Terminate);
        namespaced.Wait().Ends(128 + Terminate);
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "--pid")]
    [InlineData("exec", "--containall")]
    public void Killing_us_leaves_nothing_alive(params string[] options)
    {
        using Running running = As.User.Start([.. options, Images.Sif, "sh", "-c", "echo ready; exec sleep 100"]);
        running.WaitFor("ready").Signal(Kill);
        running.Wait().EndsBySignal(Kill);      // the look for what stayed follows the test
    }

    [Fact]
    public void A_stopped_payload_is_a_stopped_process_and_goes_on()
    {
        using Running running = As.User.Start("exec", Images.Directory, "sh", "-c", "echo ready; while :; do test -e /tmp/none; sleep 0.01; done");
        running.WaitFor("ready").Signal(TerminalStop);
        running.WaitUntilStopped();
        running.Signal(Continue).Signal(Terminate);
        running.Wait().EndsBySignal(Terminate);
    }

    [Fact]
    public void What_is_ignored_stays_ignored()
    {
        using Running running = As.User.Under("sh", "-c", "trap '' HUP; exec \"$@\"", "sh").Start("exec", Images.Directory, "sh", "-c", "echo ready; sleep 0.2; echo alive");
        running.WaitFor("ready").Signal(Hangup);
        running.Wait().Prints("ready\nalive");
    }

    [Fact]
    public void A_background_process_of_the_payload_may_outlive_it()
    {
        // As of any program without a PID namespace: batch systems count on it, and clean up by themselves.
        string directory = Host.Directory(TestUser.First);
        As.User.Run("exec", "-B", $"{directory}:/mnt", Images.Directory, "sh", "-c", "(sleep 0.3; touch /mnt/late) > /dev/null 2>&1 &").Succeeds();
        for (int i = 0; i < 200 && !System.IO.File.Exists($"{directory}/late"); i++)
        {
            Thread.Sleep(10);
        }

        Assert.True(System.IO.File.Exists($"{directory}/late"));
    }
}
