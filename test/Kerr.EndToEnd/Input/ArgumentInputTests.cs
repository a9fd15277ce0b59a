using System;
using System.IO;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Input;

/// <summary>Arguments that make no sense: a message that quotes them and says what would, exit 1 for usage and 255 for the rest.</summary>
public class ArgumentInputTests
{
    [Theory]
    [InlineData("-B /no/such/source", "/no/such/source")]
    [InlineData("-B /no/such/source:/mnt", "/no/such/source")]
    [InlineData("-B /etc:/mnt:rx", "rx")]
    [InlineData("-B /etc:/mnt:ro:more", "more")]
    [InlineData("-B /etc:relative", "relative")]
    [InlineData("-B :/mnt", "")]
    [InlineData("--mount type=bind,source=/etc", "destination")]
    [InlineData("--mount type=bind,source=/no/such,destination=/mnt", "/no/such")]
    [InlineData("--mount type=tmpfs,destination=/mnt", "tmpfs")]
    [InlineData("--mount type=bind,source=/etc,destination=/mnt,colour=blue", "colour")]
    [InlineData("--mount source=/etc,destination=/mnt", "type")]
    [InlineData("--mount type=bind,source=/etc,destination=\"/mnt", "")]
    [InlineData("--env NOEQUALS", "NOEQUALS")]
    [InlineData("--env-file /no/such/file", "/no/such/file")]
    [InlineData("--env-file /etc", "/etc")]
    [InlineData("--home relative:also/relative", "also/relative")]
    [InlineData("--home /a:/b:/c", "/a:/b:/c")]
    [InlineData("--pwd /no/such/directory", "/no/such/directory")]
    [InlineData("--overlay /no/such/overlay", "/no/such/overlay")]
    [InlineData("--security nonsense", "nonsense")]
    [InlineData("--security uid:-1", "-1")]
    [InlineData("--security seccomp:/no/such/profile", "/no/such/profile")]
    [InlineData("--no-mount everything", "everything")]
    [InlineData("--network bridge --net", "bridge")]
    [InlineData("--fusemount nonsense", "nonsense")]
    [InlineData("--underlay --overlay /etc/hostname", "/etc/hostname")]
    public void It_is_refused_with_cause_and_remedy(string options, string quoted)
    {
        Result result = As.User.Run(["exec", .. options.Split(' '), Images.Directory, "/bin/echo", "here"]);
        Assert.True(result.ExitCode is 255 or 1 && result.Signal == 0, result.ToString());
        Assert.Equal("", result.Out);
        Assert.Contains(quoted, result.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", result.Err, StringComparison.Ordinal);
        if (result.ExitCode == 255)
        {
            string[] lines = result.Err.TrimEnd('\n').Split('\n');
            Assert.True(lines[^1].StartsWith("         ", StringComparison.Ordinal), $"no remedy\n{result}");
        }
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("exec --no-such-option IMAGE true")]
    [InlineData("exec --pwd")]
    [InlineData("run")]
    [InlineData("shell")]
    [InlineData("no-such-command")]
    [InlineData("exec IMAGE")]
    public void Wrong_usage_ends_with_1(string line)
    {
        Result result = As.User.Run(line.Replace("IMAGE", Images.Directory, StringComparison.Ordinal).Split(' ')).Ends(1);
        Assert.NotEqual("", result.Err);
    }

    [Fact]
    public void A_source_below_a_closed_directory_is_told_as_that()
    {
        string directory = Host.Directory();
        Host.Write(directory + "/in/file", "");
        File.SetUnixFileMode(directory + "/in", Modes.OwnerOnly);
        Result result = As.User.Run("exec", "-B", directory + "/in/file:/mnt", Images.Directory, "/bin/true").Ends(255);
        Assert.Contains(directory, result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_without_a_name_is_left_out_and_told()
        => As.User.Run("exec", "--env", "=value", Images.Directory, "/bin/echo", "here").Shows("here").Warns("=value");

    [Fact]
    public void An_env_file_may_be_a_pipe()
        => As.User.Under("/bin/bash", "-c", "exec \"$@\" --env-file <(sleep 0.1; echo FROM=pipe) " + Images.Directory + " /bin/sh -c 'echo $FROM'", "sh")
            .Run("exec").Prints("pipe");

    [Fact]
    public void A_message_shows_no_control_characters_of_an_argument()
    {
        Result result = As.User.Run("exec", "/no/such/\u001B[31mred\u0007", "true").Ends(255);
        Assert.DoesNotContain("\u001B[31m", result.Err, StringComparison.Ordinal);
    }
}
