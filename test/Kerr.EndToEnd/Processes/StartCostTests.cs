using System;
using System.Collections.Generic;
using System.IO;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Processes;

/// <summary>What a start may not do, since it would be paid by every rank of every job (docs/decisions/0008-runtime-start.md).</summary>
public class StartCostTests
{
    [Theory]
    [InlineData("clone(")]                // exec waits until every other thread is dead
    [InlineData("clone3(")]
    [InlineData("/proc/self/mountinfo")]  // hundreds of lines on a cluster's node
    [InlineData("/proc/self/maps")]
    [InlineData("/sys/devices/system/node")]
    [InlineData("/cache/index")]
    [InlineData("/proc/self/cgroup")]
    [InlineData("libm.so")]
    [InlineData("libnss")]                // the caller's line is in the plain files
    public void Before_the_starter_runs_nothing_is_asked_that_the_launch_does_not_need(string call)
        => Assert.DoesNotContain(CallsBeforeTheStarter(), line => line.Contains(call, StringComparison.Ordinal));

    [Fact]
    public void Kerr_itself_makes_at_most_180_system_calls() => Assert.InRange(CallsBeforeTheStarter().Count, 50, 180);

    [Fact]
    public void The_program_needs_the_C_library_only()
    {
        Need.Program("readelf");
        string dynamic = Host.Run("readelf", "-dW", Tree.Bin("kerr"));

        Assert.Contains("[libc.so.6]", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("[libm.so.6]", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("(RPATH)", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("(RUNPATH)", dynamic, StringComparison.Ordinal);
    }

    /// <summary>On a network file system each time is a way to the server and back.</summary>
    [Fact]
    public void An_image_file_is_opened_once()
    {
        string image = Images.Sif;
        Assert.Single(CallsBeforeTheStarter(image), line => line.StartsWith("open", StringComparison.Ordinal) && line.Contains($"\"{image}\"", StringComparison.Ordinal));
    }

    private static List<string> CallsBeforeTheStarter() => CallsBeforeTheStarter(Images.Directory);

    private static List<string> CallsBeforeTheStarter(string image)
    {
        Need.Program("strace");
        string trace = Host.Directory(TestUser.First) + "/trace";
        As.User.Under("strace", "-qq", "-o", trace).Run("exec", image, "/bin/true").Succeeds();

        var calls = new List<string>();
        foreach (string line in File.ReadLines(trace))
        {
            if (line.Contains("/kerr-starter\", [", StringComparison.Ordinal))
            {
                return calls;
            }

            calls.Add(line);
        }

        throw new InvalidDataException("the starter was not executed");
    }
}
