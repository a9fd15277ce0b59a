using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Kerr.Linux;
using Kerr.Linux.Files;
using Kerr.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Kerr.Tests.Linux;

public sealed class ChildProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Gives_arguments_environment_and_an_empty_input_and_takes_both_outputs()
    {
        ChildResult result = Sh(
            ["-c", "echo \"$1|$2|$A\"; echo err >&2; cat; exit 7", "sh", "two words", "\u00ff"], ["A=\u00fe"]);

        Assert.Equal(new ChildResult(7, 0, "two words|\u00ff|\u00fe\nerr\n"), result);
        Assert.False(result.Succeeded);
    }

    [Fact]
    public void Tells_the_signal_that_killed_it()
    {
        ChildResult result = Sh(["-c", "kill -9 $$"], []);

        Assert.Equal((137, 9, false), (result.ExitCode, result.Signal, result.Succeeded));
    }

    [Fact]
    public void Starts_without_the_signal_dispositions_of_this_process()
    {
        // .NET ignores SIGPIPE: a tool that inherited that would write on to a closed pipe.
        ChildResult result = Sh(["-c", "grep -E 'Sig(Ign|Blk)' /proc/self/status"], []);

        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"], result.Output.Trim().Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Hands_over_a_file_and_no_other()
    {
        using SafeFileHandle file = FileCalls.Open(_directory.File("x"), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x1B4);
        ChildResult result = Sh(["-c", "echo content >&3; test ! -e /proc/self/fd/4"], [], file);

        Assert.True(result.Succeeded, result.Output);
        Assert.Equal("content\n", File.ReadAllText(_directory.File("x")));
    }

    [Fact]
    public void Is_killed_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var clock = Stopwatch.StartNew();
        ChildResult result = ChildProcess.Run("/bin/sleep", ["60"], [], cancel: cancel.Token);

        Assert.Equal(9, result.Signal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Says_which_program_cannot_be_started()
    {
        var error = Assert.Throws<LinuxException>(() => ChildProcess.Run("/no/such", [], [], cancel: TestContext.Current.CancellationToken));

        Assert.Equal((Errno.ENOENT, "/no/such"), (error.Errno, error.Subject));
    }

    [Fact]
    public void Finds_programs_on_the_path_and_where_root_has_them()
    {
        string tool = _directory.Write("tool", "");
        Assert.Null(ChildProcess.Find("tool", _directory.Path));        // not executable
        using (SafeFileHandle file = FileCalls.Open(tool, OpenFlags.O_RDONLY))
        {
            FileCalls.SetPermissions(file, 0x140);
        }

        Assert.Equal(tool, ChildProcess.Find("tool", $"relative::/nothing:{_directory.Path}"));
        Assert.Equal(tool, ChildProcess.Find(tool, null));
        Assert.EndsWith("/sh", ChildProcess.Find("sh", null), StringComparison.Ordinal);
        Assert.Null(ChildProcess.Find("no-such-tool", "/bin"));
        Assert.Null(ChildProcess.Find(_directory.File("nothing"), "/bin"));
    }

    private static ChildResult Sh(string[] arguments, string[] environment, SafeFileHandle? file = null)
        => ChildProcess.Run("/bin/sh", arguments, environment, file, TestContext.Current.CancellationToken);
}
