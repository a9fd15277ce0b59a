using System;
using Kerr.EndToEnd.Harness;
using Xunit;

namespace Kerr.EndToEnd.Security;

/// <summary>S45: whatever a caller does to the process, there is a launch as asked for, or a clear error, and nothing half made.</summary>
public class S45_OddCircumstancesTests
{
    [Theory]
    [InlineData("close 0")]
    [InlineData("close 1 close 2")]
    [InlineData("close 0 close 1 close 2")]
    [InlineData("limit fsize 0")]
    [InlineData("limit fsize 1000")]
    [InlineData("limit nofile 3")]
    [InlineData("limit nofile 4")]
    [InlineData("limit nofile 6")]
    [InlineData("limit nofile 10")]
    [InlineData("limit core 0")]
    [InlineData("limit as 600000000")]
    [InlineData("limit as 100000000")]
    [InlineData("limit as 20000000")]
    [InlineData("limit stack 65536")]
    [InlineData("limit nproc 1")]
    [InlineData("ignore 17")]
    [InlineData("ignore all")]
    [InlineData("block all")]
    [InlineData("ignore all block all")]
    public void There_is_a_launch_or_an_error(string changes)
    {
        string[] words = changes.Split(' ');
        string directory = Host.Directory(TestUser.First);
        foreach (string[] line in (string[][])[["exec"], ["exec", "-C"], ["exec", "--overlay", Host.Directory(TestUser.First)]])
        {
            string mark = $"{directory}/{Guid.NewGuid():N}";
            Host.Own(Host.Write(mark, ""), TestUser.First);
            string image = line.Length == 1 ? Images.Sif : Images.Directory;
            Result result = As.User.Having(words).Run([.. line, "-B", mark + ":/mark", image, "/bin/sh", "-c", "test -x /bin/busybox -a -f /mark && exit 33"]);
            if (result.Err.Contains("error while loading shared libraries", StringComparison.Ordinal))
            {
                continue;       // the C library's loader lacked the descriptor or the memory, and said so: nothing of ours ran yet
            }

            bool closed = changes.Contains("close", StringComparison.Ordinal) && changes.Contains('2', StringComparison.Ordinal);
            Assert.True(result.ExitCode == 33 || (result.ExitCode == 255 && (closed || result.Err.Contains("FATAL: ", StringComparison.Ordinal))), result.ToString());
        }
    }

    [Theory]
    [InlineData("close 0")]
    [InlineData("close 0 close 1 close 2")]
    [InlineData("limit nofile 20")]
    [InlineData("limit core 0")]
    [InlineData("limit as 2000000000")]
    [InlineData("ignore all block all")]
    public void These_do_not_keep_a_launch_from_succeeding(string changes)
    {
        foreach (string[] line in (string[][])[["exec"], ["exec", "-C"]])
        {
            As.User.Having(changes.Split(' ')).Run([.. line, Images.Directory, "/bin/sh", "-c", "exit 33"]).Ends(33);
        }
    }

    [Fact]
    public void Without_arguments_not_even_a_name_usage_is_told()
    {
        Result result = As.User.Having("no-arguments").Run();
        Assert.True(result.ExitCode is 1 or 255 or 0 && result.Signal == 0 && (result.Out + result.Err).Length > 0, result.ToString());
    }

    [Theory]
    [InlineData("no-arguments")]
    [InlineData("close 0 close 1 close 2")]
    [InlineData("limit nofile 3")]
    public void The_starter_by_itself_starts_nothing(string changes)
    {
        string starter = Tree.Root + "/libexec/kerr/kerr-starter";
        foreach (string[] arguments in (string[][])[[], ["0"], ["3"], ["-1"], ["99999999999"], ["x"], ["3", "merge", "4", "0"]])
        {
            As.User.Having(changes.Split(' ')).Named(starter).Run(arguments).Ends(255);
        }
    }
}
