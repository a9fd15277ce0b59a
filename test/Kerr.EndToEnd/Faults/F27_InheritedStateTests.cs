using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Faults;

/// <summary>F27, F28: what a process inherits is the caller's own inside: ignored and blocked signals, limits, umask and the like.</summary>
public class F27_InheritedStateTests
{
    private const int BrokenPipe = 13;

    [Theory]
    [InlineData("default 13")]
    [InlineData("ignore 13")]
    [InlineData("ignore 17")]
    [InlineData("block 15")]
    [InlineData("ignore 1 block 2")]
    [InlineData("ignore all")]
    [InlineData("block all")]
    [InlineData("ignore all block all")]
    [InlineData("limit nofile 64")]
    [InlineData("limit core 0 limit stack 1048576")]
    public void The_payload_inherits_the_callers(string changes)
    {
        Caller caller = As.User.Having(changes.Split(' '));
        string direct = caller.Named(Programs.Inherited).Run().Succeeds().Out;
        foreach (string[] line in (string[][])[["exec", Images.Directory], ["exec", "-C", Images.Directory], ["exec", "--pid", "--no-init", Images.Directory], ["exec", Images.Sif]])
        {
            string inside = caller.Run([.. line[..^1], "-B", Programs.Inherited + ":/inherited", line[^1], "/inherited"]).Succeeds().Out;
            Assert.Equal(Comparable(direct), Comparable(inside));
        }
    }

    [Fact]
    public void Environment_scripts_change_nothing_of_it()
    {
        string image = Images.New().Script("/.singularity.d/env/90-environment.sh", "export A=1\n").Path;
        string direct = As.User.Named(Programs.Inherited).Run().Succeeds().Out;
        Assert.Equal(direct, As.User.Run("exec", "-B", Programs.Inherited + ":/inherited", image, "/inherited").Succeeds().Out);
    }

    [Fact]
    public void A_payload_that_writes_to_a_closed_pipe_dies_of_it()
    {
        string[] command = [Images.Directory, "/bin/sh", "-c", "echo text; echo still there >&2"];
        Caller caller = As.User.Having("default", "13", "broken-pipe", "1");
        Assert.Equal("", caller.Run(["exec", .. command]).EndsBySignal(BrokenPipe).Err);
        Assert.Equal("", caller.Run(["exec", "-C", .. command]).Ends(128 + BrokenPipe).Err);    // appinit tells it so
    }

    [Fact]
    public void A_payload_whose_caller_ignores_SIGPIPE_gets_an_error_instead()
        => As.User.Having("ignore", "13", "broken-pipe", "1").Run("exec", Images.Directory, "/bin/sh", "-c", "echo text; echo still there >&2")
            .Succeeds().Warns("still there");

    [Fact]
    public void Our_own_messages_into_a_closed_pipe_do_no_harm()
    {
        Result result = As.User.Having("default", "13", "broken-pipe", "2").Run("exec", "/no/such/image", "true");
        Assert.True(result.ExitCode == 255 || result.Signal == BrokenPipe, result.ToString());
    }

    /// <summary>As it is, but for what --pid changes of necessity: the payload ends with the process outside.</summary>
    private static string Comparable(string state) => state.Replace("parent death signal 9", "parent death signal 0", StringComparison.Ordinal);
}
