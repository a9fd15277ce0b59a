using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Processes;

/// <summary>On a terminal: the shell, the keys, job control.</summary>
public class TerminalTests
{
    private const int Interrupt = 2, Continue = 18;

    [Theory]
    [InlineData("shell")]
    [InlineData("shell", "--contain")]
    [InlineData("shell", "--containall")]
    public void Shell_prompts_and_reads_from_the_terminal(params string[] action)
    {
        using Running running = As.User.StartOnTerminal([.. action, Images.Directory]);
        running.WaitFor("Apptainer> ").Type("echo $((6*7)); tty\n").WaitFor("42").WaitFor("/dev/").Type("exit 3\n");
        running.Wait().Ends(3);
    }

    [Fact]
    public void The_terminal_of_a_contained_shell_has_a_name()
    {
        using Running running = As.User.StartOnTerminal("exec", "--contain", Images.Directory, "sh", "-c", "tty; test -c /dev/console && echo console");
        Result result = running.Wait().Succeeds();
        Assert.Contains("console", result.Out, System.StringComparison.Ordinal);
        Assert.DoesNotContain("not a tty", result.Out, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec", "--pid")]
    [InlineData("exec", "--containall")]
    public void Control_C_reaches_the_payload(params string[] action)
    {
        using Running running = As.User.StartOnTerminal([.. action, Images.Directory, "sh", "-c", "trap 'echo got INT; exit 4' INT; echo ready; while :; do sleep 0.05; done"]);
        running.WaitFor("ready").Type("\x03");
        running.WaitFor("got INT");
        running.Wait().Ends(4);
    }

    [Fact]
    public void Control_C_ends_a_payload_that_does_not_catch_it()
    {
        using Running plain = As.User.StartOnTerminal("exec", Images.Directory, "sh", "-c", "echo ready; exec sleep 100");
        plain.WaitFor("ready").Type("\x03");
        plain.Wait().EndsBySignal(Interrupt);

        using Running namespaced = As.User.StartOnTerminal("exec", "--pid", Images.Directory, "sh", "-c", "echo ready; exec sleep 100");
        namespaced.WaitFor("ready").Type("\x03");
        namespaced.Wait().Ends(128 + Interrupt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--pid")]
    public void Control_Z_stops_the_job_and_fg_goes_on(string option)
    {
        // An interactive shell of the host, as it is used: the job stops, the shell says so, `fg` brings it back.
        using Running shell = As.User.Named("/bin/bash").With("PS1=prompt# ").StartOnTerminal("--norc", "--noprofile", "-i");
        shell.WaitFor("prompt# ");
        shell.Type($"{Tree.Bin("kerr")} exec {option} {Images.Directory} sh -c 'echo re\"\"ady; read line; echo \"got [$line]\"'\n").WaitFor("ready");
        shell.Type("\x1A").WaitFor("Stopped");
        shell.Type("fg\n").WaitFor("sh -c").Type("words\n").WaitFor("got [words]");
        shell.Type("exit 0\n");
        shell.Wait().Ends(0);
    }

    [Fact]
    public void The_payload_is_in_the_callers_session_process_group_and_terminal()
    {
        using Running running = As.User.StartOnTerminal("exec", Images.Directory, "sh", "-c", "cut -d' ' -f5,6,8 /proc/self/stat; cat /proc/$$/stat | cut -d' ' -f5,6,8");
        Result result = running.Wait().Succeeds();
        string own = $"{running.Pid} {running.Pid} {running.Pid}";      // the leader of session and group, in the foreground
        Assert.Equal($"{own}\r\n{own}\r\n", result.Out);
    }

    [Fact]
    public void Messages_are_coloured_on_a_terminal_and_nowhere_else()
    {
        using Running coloured = As.User.StartOnTerminal("exec", "/no/such", "true");
        Assert.Contains("\x1B[31m", coloured.Wait().Ends(255).Out, System.StringComparison.Ordinal);
        using Running plain = As.User.StartOnTerminal("--nocolor", "exec", "/no/such", "true");
        Assert.DoesNotContain("\x1B", plain.Wait().Ends(255).Out, System.StringComparison.Ordinal);
        Assert.DoesNotContain("\x1B", As.User.Run("exec", "/no/such", "true").Err, System.StringComparison.Ordinal);
    }
}
