using System;
using System.IO;
using System.Threading;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F24: the source of a bind goes away while a launch looks at it, or never answers.</summary>
public class F24_VanishingSourceTests
{
    [Fact]
    public void A_source_that_comes_and_goes_is_bound_or_missed()
    {
        string parent = Host.Directory(), source = parent + "/source";
        Host.Write(source + "/file", "there\n");
        using var stop = new CancellationTokenSource();
        var mover = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(source, parent + "/away");
                Thread.SpinWait(2000);
                Directory.Move(parent + "/away", source);
                Thread.SpinWait(2000);
            }
        });
        mover.Start();
        try
        {
            for (int i = 0; i < Rounds.Of(40); i++)
            {
                Result result = As.User.Run("exec", "-B", source + ":/mnt", Images.Directory, "/bin/cat", "/mnt/file");
                Assert.True(result is { ExitCode: 0, Out: "there\n" } || (result.ExitCode == 255 && result.Err.Contains(source, StringComparison.Ordinal)), result.ToString());
            }
        }
        finally
        {
            stop.Cancel();
            mover.Join();
        }
    }

    [Theory]
    [InlineData("", 9)]
    [InlineData("", 2)]
    [InlineData("-C", 9)]
    [InlineData("-C", 15)]
    [InlineData("image", 15)]
    public void A_launch_that_waits_for_a_source_for_ever_can_be_ended(string use, int signal)
    {
        if (!File.Exists("/dev/fuse"))
        {
            Need.Missing("/dev/fuse");
        }

        string silent = Host.Directory();
        using Running server = (As.Root with { Program = Programs.Silence }).Start(silent);
        server.WaitFor("ready");
        try
        {
            string[] line = use == "image" ? ["exec", silent + "/image", "/bin/true"]
                : ["exec", .. use.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-B", silent + "/file:/mnt", Images.Directory, "/bin/true"];
            using Running launch = As.User.Start(line);
            Thread.Sleep(200);
            launch.Signal(signal).Wait().EndsBySignal(signal);
        }
        finally
        {
            server.Signal(15).Wait();
        }
    }
}
